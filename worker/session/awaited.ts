import type { Awaits } from "../../coordinator/protocol/messages.ts";
import { type PeerId, slotHolder, type View } from "../../coordinator/protocol/view.ts";
import type { RoundExchange } from "../collective/roundExchange.ts";

export interface AwaitedOptions {
  readonly self: PeerId;
  readonly view: View;
  /** Of the round in progress. */
  readonly slots: number;
  readonly exchange: Pick<RoundExchange, "complete" | "missingSlots" | "missingOwners" | "arrived">;
}

/**
 * Whom this peer waits for, having computed its own slots: the holders of slots that the slices it owns lack; or, if they lack none, the
 * owners whose reduced slices have not come. Undefined while it computes, waits for nobody, or where rows are between (two levels).
 */
export function awaitedPeers({ self, view, slots, exchange }: AwaitedOptions): Awaits | undefined {
  if (exchange.complete || view.seats !== undefined) return undefined;
  const { arrived } = exchange;
  const contributions = [...new Set(exchange.missingSlots().map((slot) => slotHolder(view, slot, slots)))];
  if (contributions.includes(self)) return undefined;
  if (contributions.length > 0) return { contributions, slices: [], arrived };
  return { contributions: [], slices: exchange.missingOwners(), arrived };
}
