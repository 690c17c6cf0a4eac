import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { Frame } from "../collective/frame.ts";
import type { Evidence } from "../collective/roundExchange.ts";
import type { VectorLayout } from "../collective/vectorLayout.ts";

export interface SessionOptions {
  readonly run: number;
  readonly self: number;
  readonly config: RunConfig;
  readonly layoutOf: (kind: Round["kind"]) => VectorLayout;
  readonly stateElements: number;
  /** The round whose beginning state the replica holds already, from before a connection was lost. */
  readonly offered?: number | undefined;
  readonly send: (peer: number, frame: Frame) => void;
  /** Sends a state to the coordinator, for a checkpoint. */
  readonly save: (round: number, state: Int32Array) => void;
  /** A round is done: what there is to show of it. */
  readonly keep?: (round: Round, evidence: Evidence) => void;
}
