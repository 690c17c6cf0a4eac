import type { RoundMetrics } from "../../coordinator/protocol/messages.ts";
import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { VectorLayout } from "../collective/vectorLayout.ts";

/** The images of one slot, as raw records, and which images of the data set they are. */
export interface Batch {
  readonly records: Uint8Array;
  readonly indices: Int32Array;
}

export interface ReplicaInfo {
  readonly layouts: { readonly train: VectorLayout; readonly evaluate: VectorLayout };
  /** Length of the state (parameters, BatchNorm statistics, optimiser state, exponents) in 32-bit elements. */
  readonly stateElements: number;
  readonly parameters: number;
  /** The hash of the state after one step on an agreed batch: it shows that this engine computes the run's bits. */
  readonly selfTest: string;
  /** Measured on a few more such batches. */
  readonly imagesPerSecond: number;
}

export interface RoundResult {
  readonly hash: string;
  readonly metrics: RoundMetrics;
}

/** A full replica of the model in a thread of its own: what the main thread asks of it, over Comlink. */
export interface ComputeWorker {
  create(config: RunConfig): Promise<ReplicaInfo>;
  /** The initial parameters of the run, with exponents from its very first micro-batch. */
  initialize(first: Batch): Promise<void>;
  /** The sum over these slots, as integers. */
  contribution(round: Round, batches: readonly Batch[]): Promise<Int32Array>;
  /** One update from the sum of all slots; the same bits at every replica. An evaluation changes nothing. */
  apply(round: Round, reduced: Int32Array): Promise<RoundResult>;
  /** Of the state, as it is. */
  hash(): Promise<string>;
  state(): Promise<Int32Array>;
  load(state: Int32Array): Promise<void>;
}
