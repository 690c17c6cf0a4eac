import { MAX_MESSAGE_BYTES } from "../protocol/codec.ts";
import type { CoordinatorMessage } from "../protocol/messages.ts";
import type { View } from "../protocol/view.ts";

type Views = Extract<CoordinatorMessage, { type: "views" }>;

/** In MessagePack: a number of a table takes 3 bytes at most, one of an observer 5, a name as many bytes as it has letters, and one. */
const NUMBER_BYTES = 3;
const OBSERVER_BYTES = 48;
const DONOR_BYTES = 3;
const VIEW_BYTES = 128;

/** Of a message, for views; the rest is for its reason (1000 characters of 3 bytes at most) and its names. */
const BUDGET_BYTES = MAX_MESSAGE_BYTES - 4096;

/** Views that go together, in as few messages as have room for them; all but the last say that there are more. */
export function viewMessages(views: readonly View[], reason: string): Views[] {
  const parts: View[][] = [[]];
  let bytes = 0;
  for (const view of views) {
    bytes += mostBytes(view);
    if (bytes > BUDGET_BYTES && parts.at(-1)?.length !== 0) {
      parts.push([]);
      bytes = mostBytes(view);
    }
    parts.at(-1)?.push(view);
  }
  return parts.map((part, i) => ({
    type: "views",
    views: part,
    reason: reason.slice(0, 1000),
    ...(i < parts.length - 1 ? { more: true } : {}),
  }));
}

function mostBytes({ members, observers, slotHolders, owners, seats = [] }: View): number {
  const numbers = members.length + slotHolders.length + owners.length + seats.length;
  const donors = observers.reduce((sum, observer) => sum + observer.donors.length, 0);
  return VIEW_BYTES + NUMBER_BYTES * numbers + OBSERVER_BYTES * observers.length + DONOR_BYTES * donors;
}
