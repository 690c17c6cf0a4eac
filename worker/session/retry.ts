/** After a lost connection it is tried again: soon at first, then less often, and for so long in all. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const GIVE_UP_MS = 10 * 60_000;

/** Whom the coordinator has let stay for longer than this was not sent away as soon as it came. */
const SETTLED_MS = 5000;

/** How long to wait before the next attempt, and since when there was no coordinator. */
export interface Retry {
  readonly waitMs: number;
  readonly aloneSince: number;
}

/** A connection to the coordinator that has ended. */
export interface EndedConnection {
  readonly welcomed: boolean;
  /** The coordinator has ended it, and said why; otherwise it was lost. */
  readonly sentAway: boolean;
  readonly lastedMs: number;
  /** The peer was part of the run: it has a state that it can go on with. */
  readonly hasState: boolean;
}

export type RetryDecision = { readonly retry: Retry } | { readonly neverIn: true } | { readonly giveUp: string };

export const firstRetry = (now: number): Retry => ({ waitMs: FIRST_WAIT_MS, aloneSince: now });

/**
 * What follows from the end of a connection. A coordinator that was there is worth a prompt attempt, however short its life was (it may be killed and
 * started again and again); one that sends a peer away at once is asked less and less often.
 */
export function afterEnd(before: Retry, { welcomed, sentAway, lastedMs, hasState }: EndedConnection, now: number): RetryDecision {
  const wasIn = welcomed && (!sentAway || lastedMs > SETTLED_MS);
  if (wasIn) return { retry: firstRetry(now) };
  const alone = now - before.aloneSince;
  if (!hasState && alone > SETTLED_MS) return { neverIn: true };
  if (alone > GIVE_UP_MS) return { giveUp: `The coordinator did not come back within ${GIVE_UP_MS / 60_000} minutes` };
  return { retry: { waitMs: Math.min(LONGEST_WAIT_MS, 2 * before.waitMs), aloneSince: before.aloneSince } };
}
