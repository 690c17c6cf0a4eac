import type { RunEvent } from "../protocol/dashboard.ts";
import { byId, make, mark, show, write } from "./dom.ts";
import { formatCount, formatTime } from "./format.ts";

/** More would only be scrolled past; the run's journal has them all. */
const MOST_SHOWN = 200;

const SYMBOLS = { info: "·", join: "+", leave: "−", warning: "!", alarm: "⚠", done: "✓" } as const;

let shown: readonly RunEvent[] = [];
let shownCount = 0;

/** Newest first. New events are put on top; what stands already is not touched. */
export function renderEvents(events: readonly RunEvent[]): void {
  const list = byId("events");
  if (shown !== events) {
    list.replaceChildren();
    shownCount = Math.max(0, events.length - MOST_SHOWN);
    shown = events;
  }
  if (shownCount === events.length) {
    show(byId("events-empty"), events.length === 0);
    return;
  }
  list.prepend(
    ...events
      .slice(Math.max(shownCount, events.length - MOST_SHOWN))
      .map(entry)
      .reverse(),
  );
  while (list.childElementCount > MOST_SHOWN) list.lastElementChild?.remove();
  shownCount = events.length;
  show(byId("events-empty"), false);
  write(
    byId("events-count"),
    events.length > MOST_SHOWN ? `latest ${MOST_SHOWN} of ${formatCount(events.length)}` : formatCount(events.length),
  );
}

function entry(event: RunEvent): HTMLElement {
  const time = make("time", "", formatTime(event.at));
  time.setAttribute("datetime", new Date(event.at).toISOString());
  const item = make("li", "", make("span", "", SYMBOLS[event.kind]), make("span", "", event.text, time));
  mark(item, "kind", event.kind);
  return item;
}
