import type { RoundMetrics } from "./messages.ts";
import type { RunConfig } from "./runConfig.ts";
import type { PeerId } from "./view.ts";

/**
 * What the dashboard is told over `/api/events` (WebSocket, JSON text): one `snapshot` on connecting, then `update`s, a few a second; another
 * `snapshot` in place of an update when steps were taken back.
 * The coordinator is trusted here: these are plain types without schemas.
 */
export type DashboardMessage = DashboardSnapshot | DashboardUpdate;

/** Everything so far. */
export interface DashboardSnapshot {
  readonly type: "snapshot";
  readonly runName: string;
  readonly config: RunConfig;
  /** Images per epoch, steps per epoch and rounds of the run, so that the page need not compute them. */
  readonly stepsPerEpoch: number;
  readonly rounds: number;
  /** With the token, which lets anybody take part: only for a page that was opened on the coordinator's own machine. */
  readonly joinUrl: string | null;
  readonly startedAt: number;
  readonly steps: readonly StepPoint[];
  readonly evaluations: readonly EvaluationPoint[];
  readonly events: readonly RunEvent[];
  readonly state: SwarmState;
}

/** What is new. */
export interface DashboardUpdate {
  readonly type: "update";
  readonly steps: readonly StepPoint[];
  readonly evaluations: readonly EvaluationPoint[];
  readonly events: readonly RunEvent[];
  readonly state: SwarmState;
}

/** One training step, as journalled. */
export interface StepPoint {
  readonly step: number;
  readonly round: number;
  readonly epoch: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly metrics: RoundMetrics;
  readonly hash: string;
  readonly members: number;
}

export interface EvaluationPoint {
  readonly step: number;
  readonly round: number;
  readonly epoch: number;
  readonly at: number;
  readonly images: number;
  readonly correct: number;
  readonly lossSum: number;
  /** Slots whose loss was NaN or infinite; `lossSum` leaves them out. */
  readonly nonFinite: number;
}

/** A decision in words, e.g. "Kite left at step 812; its 2 slots went to Fox and Owl; no step was lost". */
export interface RunEvent {
  readonly at: number;
  readonly kind: "info" | "join" | "leave" | "warning" | "alarm" | "done";
  readonly text: string;
}

export interface SwarmState {
  readonly at: number;
  readonly phase: "waiting" | "running" | "finished";
  /** What everyone is waiting for, or what is going on, in one sentence. */
  readonly sentence: string;
  readonly round: number;
  readonly step: number;
  readonly epoch: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number | null;
  readonly peers: readonly PeerRow[];
}

export interface PeerRow {
  readonly peer: PeerId;
  readonly name: string;
  readonly kind: "tab" | "node";
  readonly device: string;
  readonly state: "connecting" | "preparing" | "linking" | "resting" | "observer" | "member" | "lost";
  readonly hidden: boolean;
  readonly workers: number;
  readonly imagesPerSecond: number;
  /** Of the run's slots, 0 … 1. */
  readonly share: number;
  readonly round: number;
  /** The hash of the last round that it reported, and whether that is the run's. */
  readonly hash: string | null;
  readonly hashAgrees: boolean | null;
  readonly links: readonly { readonly peer: PeerId; readonly state: "linking" | "direct" | "relayed" | "lost" }[];
  readonly bytesSent: number;
  readonly joinedAt: number;
  readonly lastSeenAt: number;
}
