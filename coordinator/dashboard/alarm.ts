import type { RunEvent } from "../protocol/dashboard.ts";
import { byId, show, write } from "./dom.ts";
import { formatCount, formatTime } from "./format.ts";

/** By the coordinator's clock: alarms up to then were read, and the newest one is of then. */
let dismissedAt = Number.NEGATIVE_INFINITY;
let latestAt = Number.NEGATIVE_INFINITY;

/** The latest alarm stays in sight until somebody says that it was read. */
export function renderAlarm(events: readonly RunEvent[]): void {
  const unread = events.filter(({ kind, at }) => kind === "alarm" && at > dismissedAt);
  const last = unread.at(-1);
  latestAt = last?.at ?? latestAt;
  show(byId("alarm"), last !== undefined);
  if (last === undefined) return;
  const others = unread.length > 1 ? ` (and ${formatCount(unread.length - 1)} before it, see Events)` : "";
  write(byId("alarm-text"), `at ${formatTime(last.at)}: ${last.text}${others}`);
}

export function offerDismissal(): void {
  byId("alarm-dismiss").addEventListener("click", () => {
    dismissedAt = latestAt;
    show(byId("alarm"), false);
  });
}
