import type { DashboardSnapshot, SwarmState } from "../protocol/dashboard.ts";
import type { RunHistory } from "./runHistory.ts";

/** What the page shows: a snapshot, and all that was added to it since. */
export interface Run {
  readonly snapshot: DashboardSnapshot;
  readonly history: RunHistory;
  state: SwarmState;
}
