import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { merge } from "../collective/vectorLayout.ts";
import type { Batch, ComputeWorker, ReplicaInfo, RoundResult } from "./computeWorker.ts";

/** A peer's compute workers as one: slots are shared among them, updates are applied by all. */
export class ReplicaPool {
  readonly #workers: readonly ComputeWorker[];
  #info: ReplicaInfo | undefined;

  constructor(workers: readonly ComputeWorker[]) {
    this.#workers = workers;
  }

  /** How many slots it computes at a time. */
  get size(): number {
    return this.#workers.length;
  }

  async create(config: RunConfig): Promise<ReplicaInfo> {
    const infos = await Promise.all(this.#workers.map((worker) => worker.create(config)));
    agree(infos.map(({ selfTest }) => selfTest));
    const info = infos[0] as ReplicaInfo;
    this.#info = { ...info, imagesPerSecond: infos.reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0) };
    return this.#info;
  }

  async initialize(first: Batch): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.initialize(first)));
  }

  /** The sum over the slots of these batches; workers take every n-th each. */
  async contribution(round: Round, batches: readonly Batch[]): Promise<Int32Array> {
    const shares = this.#workers
      .map((_, w) => batches.filter((_, i) => i % this.#workers.length === w))
      .filter((share) => share.length > 0);
    const [total, ...rest] = await Promise.all(shares.map((share, w) => (this.#workers[w] as ComputeWorker).contribution(round, share)));
    if (total === undefined || this.#info === undefined) throw new Error("a contribution needs a replica and at least one batch");
    for (const part of rest) merge(this.#info.layouts[round.kind], total, part, 0);
    return total;
  }

  async apply(round: Round, reduced: Int32Array): Promise<RoundResult> {
    const results = await Promise.all(this.#workers.map((worker) => worker.apply(round, reduced)));
    agree(results.map(({ hash }) => hash));
    return results[0] as RoundResult;
  }

  async state(): Promise<Int32Array> {
    return (this.#workers[0] as ComputeWorker).state();
  }

  async load(state: Int32Array): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.load(state)));
  }
}

/** All workers of one machine run the same code on the same input: other bits mean broken memory or a bug. */
function agree(hashes: readonly string[]): void {
  const other = hashes.find((hash) => hash !== hashes[0]);
  if (other !== undefined) throw new Error(`compute workers of this peer disagree: ${hashes[0]} and ${other}`);
}
