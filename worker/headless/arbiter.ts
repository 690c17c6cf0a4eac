import v8 from "node:v8";
import type { ChecksumKey } from "../../coordinator/protocol/checksum.ts";
import { describeRound } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { createComputeWorker } from "../compute/createComputeWorker.ts";
import { RecordStore } from "../data/recordStore.ts";
import { checksums } from "../session/accounts.ts";
import { batchOf } from "../train/batches.ts";

/** What the coordinator sends its arbiter, once; the answer is an Arbitration, as its `coordinator/run/membership.ts` calls it. */
interface Job {
  readonly config: RunConfig;
  readonly origin: string;
  readonly token: string;
  readonly round: number;
  readonly slots: readonly (readonly number[])[];
  readonly key: ChecksumKey;
  /** What the round begins with, and the hash that it must have; undefined for the initial state. */
  readonly state: Uint8Array | undefined;
  readonly stateHash: string | undefined;
}

// Node 20 has relaxed SIMD behind this flag; later versions have it anyway.
v8.setFlagsFromString("--experimental-wasm-relaxed-simd");

/** The coordinator's own computation of disputed contributions, in a process of its own: what comes out is the truth of the run. */
async function arbitrate({ config, origin, token, round, slots, key, state, stateHash }: Job) {
  const replica = createComputeWorker();
  const { layouts, stateElements } = await replica.create(config);
  const counts = { train: config.dataset.trainRecords, test: config.dataset.testRecords };
  const store = new RecordStore({ origin, token, counts, onBytes: () => undefined });
  if (state === undefined) await replica.initialize(await batchOf(config, store, describeRound(config, 0), 0));
  else {
    if (state.length !== 4 * stateElements)
      return { failure: `the state that was shown has ${state.length} bytes instead of ${4 * stateElements}` };
    await replica.load(new Int32Array(state.slice().buffer));
    const hash = await replica.hash();
    if (hash !== stateHash) return { failure: `the state that was shown has the hash ${hash} instead of the journal's ${stateHash}` };
  }
  const turn = describeRound(config, round);
  const sums: number[][] = [];
  for (const disputed of slots) {
    const batches = await Promise.all(disputed.map((slot) => batchOf(config, store, turn, slot)));
    sums.push(checksums(layouts[turn.kind], await replica.contribution(turn, batches), key));
  }
  return { sums };
}

process.once("message", (job) => {
  void arbitrate(job as Job).then((result) => process.send?.(result, () => process.exit(0)));
});
