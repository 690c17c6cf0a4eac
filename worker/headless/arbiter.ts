import v8 from "node:v8";
import type { ChecksumKey } from "../../coordinator/protocol/checksum.ts";
import { describeRound, type Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { ComputeWorker, ReplicaInfo } from "../compute/computeWorker.ts";
import { createComputeWorker } from "../compute/createComputeWorker.ts";
import { openRecordStore } from "../data/openRecordStore.ts";
import { checksums } from "../session/accounts.ts";
import { batchOf } from "../train/batches.ts";

/** What the coordinator sends its arbiter, once; the answers are `Arbitration` and `Replay` of its `coordinator/run/membership.ts`. */
type Job = ComputeJob | ReplayJob;

interface Surroundings {
  readonly config: RunConfig;
  readonly origin: string;
  /** What `round` begins with; undefined for the initial state. */
  readonly state: Uint8Array | undefined;
  readonly round: number;
}

interface ComputeJob extends Surroundings {
  readonly type: "compute";
  readonly slots: readonly (readonly number[])[];
  readonly key: ChecksumKey;
  /** What the state must have. */
  readonly stateHash: string | undefined;
}

interface ReplayJob extends Surroundings {
  readonly type: "replay";
  readonly through: number;
}

/** What lies around the images in dispute is nobody's concern here. */
const NEVER_MORE_THAN_NEEDED = AbortSignal.abort();

// Node 20 has relaxed SIMD behind this flag; later versions have it anyway.
v8.setFlagsFromString("--experimental-wasm-relaxed-simd");

/** The coordinator's own computation of what is disputed, in a process of its own: what comes out is the truth of the run. */
async function arbitrate(job: Job) {
  const { config, origin, state } = job;
  const replica = createComputeWorker();
  const info = await replica.create(config);
  const store = openRecordStore(origin, config, () => undefined, NEVER_MORE_THAN_NEEDED);
  if (state === undefined) await replica.initialize(await batchOf(config, store, describeRound(config, 0), 0));
  else if (state.length === 4 * info.stateElements) await replica.load(new Int32Array(state.slice().buffer));
  else return { failure: `the state has ${state.length} bytes instead of ${4 * info.stateElements}` };
  const contribution = async (turn: Round, slots: readonly number[]) =>
    replica.contribution(turn, await Promise.all(slots.map((slot) => batchOf(config, store, turn, slot))));
  return job.type === "compute" ? compute(job, replica, info, contribution) : replay(job, replica, contribution);
}

type Contribution = (turn: Round, slots: readonly number[]) => Promise<Int32Array>;

/** Checksums of disputed contributions. */
async function compute(
  { config, round, slots, key, stateHash }: ComputeJob,
  replica: ComputeWorker,
  { layouts }: ReplicaInfo,
  contribution: Contribution,
) {
  const hash = await replica.hash();
  if (stateHash !== undefined && hash !== stateHash)
    return { failure: `the state that was shown has the hash ${hash} instead of the journal's ${stateHash}` };
  const turn = describeRound(config, round);
  const sums: number[][] = [];
  for (const disputed of slots) sums.push(checksums(layouts[turn.kind], await contribution(turn, disputed), key));
  return { sums };
}

/** The hash that the last of these rounds ends with. */
async function replay({ config, round: first, through }: ReplayJob, replica: ComputeWorker, contribution: Contribution) {
  let hash = "";
  for (let round = first; round <= through; round++) {
    const turn = describeRound(config, round);
    const all = Array.from({ length: turn.slots }, (_, slot) => slot);
    ({ hash } = await replica.apply(turn, await contribution(turn, all)));
  }
  return { hash };
}

process.once("message", (job) => {
  void arbitrate(job as Job).then((result) => process.send?.(result, () => process.exit(0)));
});
