import type { RunEvent } from "../protocol/dashboard.ts";
import { byId, make, mark, show, write } from "./dom.ts";
import { formatCount, formatTime } from "./format.ts";
import type { RunHistory } from "./runHistory.ts";

/** More would only be scrolled past; the run's journal has them all. */
const MOST_SHOWN = 200;

const SYMBOLS = { info: "·", join: "+", leave: "−", warning: "!", alarm: "⚠", done: "✓" } as const;

let shown: RunHistory | undefined;
let shownCount = 0;

/** Newest first. New events are put on top; what stands already is not touched. */
export function renderEvents(history: RunHistory): void {
  const { events, eventCount } = history;
  const list = byId("events");
  if (shown !== history) {
    list.replaceChildren();
    shownCount = 0;
    shown = history;
  }
  show(byId("events-empty"), eventCount === 0);
  const fresh = Math.min(eventCount - shownCount, MOST_SHOWN, events.length);
  if (fresh === 0) return;
  list.prepend(...events.slice(-fresh).map(entry).reverse());
  while (list.childElementCount > MOST_SHOWN) list.lastElementChild?.remove();
  shownCount = eventCount;
  write(byId("events-count"), eventCount > MOST_SHOWN ? `latest ${MOST_SHOWN} of ${formatCount(eventCount)}` : formatCount(eventCount));
}

function entry(event: RunEvent): HTMLElement {
  const time = make("time", "", formatTime(event.at));
  time.setAttribute("datetime", new Date(event.at).toISOString());
  const item = make("li", "", make("span", "", SYMBOLS[event.kind]), make("span", "", event.text, time));
  mark(item, "kind", event.kind);
  return item;
}
