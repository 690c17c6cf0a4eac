import { transfer } from "comlink";
import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { createEngine, createReplica, hashKey, LOSS_UNITS, type Replica } from "../../engine/index.ts";
import { asItIs, labelOf, placementOf, writeImage } from "../train/augment.ts";
import { purposes } from "../train/sampler.ts";
import type { Batch, ComputeWorker, ReplicaInfo, RoundResult } from "./computeWorker.ts";
import { learningRateOf, replicaConfig } from "./engineSettings.ts";
import { selfTest } from "./selfTest.ts";

/** Lengths and positions of the integer vector of an evaluation. */
const EVALUATION = { lossSum: 0, correct: 1, images: 2, nonFinite: 3, length: 4 } as const;

/** A compute worker around one replica of the engine. */
export function createComputeWorker(): ComputeWorker {
  let run: { readonly config: RunConfig; readonly replica: Replica } | undefined;
  const current = () => {
    if (run === undefined) throw new Error("the compute worker has no replica yet: create() comes first");
    return run;
  };
  return {
    create: async (config) => {
      const { numerics, convolution } = config;
      const engine = await createEngine({ numerics, convolution });
      const replica = await createReplica(engine, replicaConfig(config));
      run = { config, replica };
      return describe(replica, selfTest(replica, config));
    },
    initialize: async (first) => {
      const { config, replica } = current();
      replica.initialize(config.seed);
      fill(replica, config, first, 0);
      replica.calibrate(first.indices.length, randomnessOf(config, 0, 0));
    },
    contribution: async (round, batches) => {
      const { config, replica } = current();
      const vector = round.kind === "train" ? trainOn(replica, config, round, batches) : evaluateOn(replica, config, round, batches);
      return transfer(vector, [vector.buffer]);
    },
    apply: async (round, reduced) => {
      const { config, replica } = current();
      return round.kind === "train" ? update(replica, config, round, reduced) : evaluated(replica, reduced);
    },
    hash: async () => current().replica.hash(),
    state: async () => {
      const bytes = current().replica.state().slice();
      return transfer(new Int32Array(bytes.buffer), [bytes.buffer]);
    },
    load: async (state) => current().replica.loadState(new Uint8Array(state.buffer, state.byteOffset, state.byteLength)),
  };
}

function describe(replica: Replica, test: Pick<ReplicaInfo, "selfTest" | "imagesPerSecond">): ReplicaInfo {
  const { length, sumLength } = replica.layout;
  const parameters = replica.description.parameterElements;
  const evaluate = { length: EVALUATION.length, sumLength: EVALUATION.length };
  return { layouts: { train: { length, sumLength }, evaluate }, stateElements: replica.state().byteLength / 4, parameters, ...test };
}

/** What dropout's numbers of a slot are keyed with. */
const randomnessOf = ({ seed }: RunConfig, step: number, firstRecord: number): number => hashKey(seed, purposes.dropout, step, firstRecord);

/** Puts a micro-batch into the network: augmented for an epoch of training, as it is for an evaluation. */
function fill({ input, labels }: Replica, config: RunConfig, { records, indices }: Batch, epoch: number | undefined): void {
  indices.forEach((record, i) => {
    writeImage(records, i, epoch === undefined ? asItIs : placementOf(config, epoch, record), input);
    labels[i] = labelOf(records, i);
  });
}

function trainOn(replica: Replica, config: RunConfig, round: Extract<Round, { kind: "train" }>, batches: readonly Batch[]): Int32Array {
  for (const batch of batches) {
    if (batch.indices.length === 0) continue; // a short shard has no image left in the last step of an epoch
    fill(replica, config, batch, round.epoch);
    replica.addSlot(batch.indices.length, randomnessOf(config, round.step, batch.indices[0] ?? 0));
  }
  return replica.takeVector();
}

function evaluateOn(replica: Replica, config: RunConfig, { slots }: Round, batches: readonly Batch[]): Int32Array {
  const vector = new Int32Array(EVALUATION.length);
  for (const batch of batches) {
    fill(replica, config, batch, undefined);
    const { lossSum, correct, nonFinite } = replica.evaluate(batch.indices.length, slots);
    vector[EVALUATION.lossSum] = (vector[EVALUATION.lossSum] ?? 0) + lossSum;
    vector[EVALUATION.correct] = (vector[EVALUATION.correct] ?? 0) + correct;
    vector[EVALUATION.images] = (vector[EVALUATION.images] ?? 0) + batch.indices.length;
    vector[EVALUATION.nonFinite] = (vector[EVALUATION.nonFinite] ?? 0) + nonFinite;
  }
  return vector;
}

function update(replica: Replica, config: RunConfig, { step }: Round, reduced: Int32Array): RoundResult {
  const learningRate = learningRateOf(config, step);
  const { images, lossSum, correct, saturated, nonFinite, skipped } = replica.apply(reduced, { learningRate, step });
  const metrics = { images, lossSum: lossSum / LOSS_UNITS, correct, saturated, nonFinite, skipped, learningRate };
  return { hash: replica.hash(), metrics };
}

function evaluated(replica: Replica, reduced: Int32Array): RoundResult {
  const [lossSum = 0, ...counts] = reduced;
  const [correct = 0, images = 0, nonFinite = 0] = counts.map((count) => Math.max(0, count)); // below 0 only where somebody lied
  const metrics = { images, lossSum: lossSum / LOSS_UNITS, correct, saturated: 0, nonFinite, skipped: false, learningRate: 0 };
  return { hash: replica.hash(), metrics };
}
