import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { Frame } from "../collective/frame.ts";
import type { Evidence } from "../collective/roundExchange.ts";
import type { VectorLayout } from "../collective/vectorLayout.ts";
import type { StateTransferOptions } from "./stateTransfer.ts";

export interface SessionOptions extends Omit<StateTransferOptions, "onComplete" | "send"> {
  /** The same frame to each of these. */
  readonly send: (peers: readonly number[], frame: Frame) => void;
  readonly config: RunConfig;
  readonly layoutOf: (kind: Round["kind"]) => VectorLayout;
  /** The round whose beginning state the replica holds already, from before a connection was lost. */
  readonly offered?: number | undefined;
  /** A round is done: what there is to show of it. */
  readonly keep?: (round: Round, evidence: Evidence) => void;
}
