import type { RunEvent } from "../protocol/dashboard.ts";
import { byId, show, write } from "./dom.ts";
import { formatCount, formatTime } from "./format.ts";

let dismissed = 0;
let latest = 0;

/** The latest alarm stays in sight until somebody says that it was read. */
export function renderAlarm(events: readonly RunEvent[]): void {
  const alarms = events.filter((event) => event.kind === "alarm");
  latest = alarms.length;
  const unread = alarms.slice(Math.min(dismissed, alarms.length));
  const last = unread.at(-1);
  show(byId("alarm"), last !== undefined);
  if (last === undefined) return;
  const others = unread.length > 1 ? ` (and ${formatCount(unread.length - 1)} before it, see Events)` : "";
  write(byId("alarm-text"), `at ${formatTime(last.at)}: ${last.text}${others}`);
}

export function offerDismissal(): void {
  byId("alarm-dismiss").addEventListener("click", () => {
    dismissed = latest;
    show(byId("alarm"), false);
  });
}
