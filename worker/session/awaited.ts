import { type Awaits, MAX_AWAITED } from "../../coordinator/protocol/messages.ts";
import { type PeerId, slotHolder, type View } from "../../coordinator/protocol/view.ts";
import type { RoundExchange } from "../collective/roundExchange.ts";

export interface AwaitedOptions {
  readonly self: PeerId;
  readonly view: View;
  /** Of the round in progress. */
  readonly slots: number;
  readonly exchange: Pick<RoundExchange, "complete" | "missingSenders" | "missingOwners" | "arrived">;
}

/**
 * Whom this peer waits for, having computed its own slots: those whose contributions do not arrive where they come together at this peer; or
 * else, on two levels, those whose sums of their rows do not; or else those from whom reduced slices have not come. Undefined while it
 * computes, or waits for nobody.
 */
export function awaitedPeers({ self, view, slots, exchange }: AwaitedOptions): Awaits | undefined {
  if (exchange.complete) return undefined;
  const { arrived } = exchange;
  const { contributions, sums } = exchange.missingSenders((slot) => slotHolder(view, slot, slots));
  if (contributions.includes(self)) return undefined;
  const none = { contributions: [], sums: [], slices: [], arrived };
  if (contributions.length > 0) return { ...none, contributions: contributions.slice(0, MAX_AWAITED) };
  if (sums.length > 0) return { ...none, sums: sums.slice(0, MAX_AWAITED) };
  return { ...none, slices: exchange.missingOwners().slice(0, MAX_AWAITED) };
}
