import { expect, test } from "vitest";
import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RoundResult } from "../../worker/compute/computeWorker.ts";
import { faultSets } from "./faults.ts";
import { simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";
import { type ReplicaKit, StandInReplica } from "./standInReplica.ts";

/** 503 images in batches of 32: the last step of an epoch is smaller, and the last evaluation slot has two of 50 images. */
const config = simulatedConfig({ steps: 40, dataset: { ...simulatedConfig().dataset, trainRecords: 503 } });

const layouts = {
  train: { length: 1 + 503, sumLength: 1 + 503 },
  evaluate: { length: 1 + 50, sumLength: 1 + 50 },
};

/** A "gradient" that says of which images it is: the reduced vector then tells how often each was counted. */
class CountingReplica extends StandInReplica {
  onApplied: (round: Round, counts: Int32Array) => void = () => undefined;

  protected override gradient(round: Round, indices: Int32Array): Int32Array {
    const counts = new Int32Array(layouts[round.kind].length);
    counts[0] = indices.length;
    for (const index of indices) counts[1 + index]++;
    return counts;
  }

  override apply(round: Round, reduced: Int32Array): Promise<RoundResult> {
    this.onApplied(round, reduced.slice(1));
    return super.apply(round, reduced);
  }
}

test.each([1, 2, 3, 4, 5, 6])("RO2 RO3 every image is counted exactly once an epoch, whatever happens (seed %i)", async (seed) => {
  const epochs = new Map<string, Int32Array>();
  const counted = new Set<number>();
  const onApplied = (round: Round, counts: Int32Array) => {
    if (counted.has(round.round)) return; // by another peer, with the same bits: SI1
    counted.add(round.round);
    const name = `${round.kind} ${round.epoch}`;
    const before = epochs.get(name) ?? new Int32Array(counts.length);
    epochs.set(
      name,
      before.map((count, i) => count + counts[i]),
    );
  };
  const kit: ReplicaKit = {
    layouts,
    create: (run, onCompute) => Object.assign(new CountingReplica(run, layouts, onCompute), { onApplied }),
  };
  await simulate({ config, seed, peers: 2 + (seed % 5), faults: faultSets["all"], kit });
  expect([...epochs.keys()].sort()).toEqual(["evaluate 0", "evaluate 1", "evaluate 2", "train 0", "train 1", "train 2"]);
  for (const [name, counts] of epochs) {
    const expected = name === "train 2" ? [0, 1] : [1]; // the run ends within the third epoch
    expect([...new Set(counts)].sort(), name).toEqual(expected);
  }
});
