import { memberTest } from "../../coordinator/protocol/topology.ts";
import type { PeerId, View } from "../../coordinator/protocol/view.ts";
import { type Membership, peersAt } from "../../coordinator/run/membership.ts";
import { effectiveViews, lowestInProgress } from "../../coordinator/run/views.ts";

/** What has been so, and must stay so. */
export interface Ledger {
  /** The hash of each round, as the first peer that did it found it. */
  readonly hashes: Map<number, string>;
  readonly doneAt: Map<number, number>;
  highest: { view: number; committed: number };
  /** The views that hold from some round on: worked out again when either has changed. */
  effective?: { readonly of: readonly View[]; readonly from: number; readonly views: readonly View[] };
}

/** SI1 Every peer that does a round ends it with the same bits, whenever that is. */
export function checkRound(ledger: Ledger, peer: string, round: number, hash: string, now: number): void {
  const known = ledger.hashes.get(round);
  if (known === undefined) {
    ledger.hashes.set(round, hash);
    ledger.doneAt.set(round, now);
  } else if (known !== hash) throw new Error(`SI1: ${peer} ended round ${round} with ${hash}, others with ${known}`);
}

/** The invariants of membership, after every decision. */
export function checkDecision(ledger: Ledger, before: Membership, after: Membership): void {
  // SI2 Views and committed rounds only grow.
  if (after.committed < ledger.highest.committed)
    throw new Error(`SI2: committed rounds fell from ${ledger.highest.committed} to ${after.committed}`);
  if (after.nextView - 1 < ledger.highest.view) throw new Error("SI2: view numbers fell");
  ledger.highest = { view: after.nextView - 1, committed: after.committed };
  if (after.phase !== "running") return;
  // SI3 While the run is on, every slot and slice of every round to come has a holder who is there.
  if (peersAt(after, "member").length === 0) throw new Error("SI3: a running run has no member");
  const inProgress = lowestInProgress(after);
  if (ledger.effective?.of !== after.views || ledger.effective.from !== inProgress)
    ledger.effective = { of: after.views, from: inProgress, views: effectiveViews(after.views, inProgress) };
  for (const view of ledger.effective.views) {
    for (const holder of holdersOf(view)) {
      if (!after.peers.has(holder))
        throw new Error(
          `SI3: peer ${holder} holds something in view ${view.view} and is gone; rounds from ${inProgress} on: ${after.views.map(({ view: v, fromRound }) => `view ${v} from ${fromRound}`).join(", ")}`,
        );
    }
  }
  // SI4 Nobody may begin a round for which a planned view could still come.
  if (before.phase !== "running" || after.permitted >= before.permitted) return;
  const begunAgain = after.views.some(({ begins, view }) => begins && view >= before.nextView);
  if (!begunAgain) throw new Error("SI4: a permit was taken back");
}

/** Who holds slots or slices in a view. Views never change: whether all are members of it is looked at once. */
function holdersOf(view: View): ReadonlySet<PeerId> {
  const known = holders.get(view);
  if (known !== undefined) return known;
  const found = new Set([...view.slotHolders, ...view.owners]);
  const isMember = memberTest(view.members);
  for (const holder of found)
    if (!isMember(holder)) throw new Error(`SI3: peer ${holder} holds something in view ${view.view} and is no member of it`);
  holders.set(view, found);
  return found;
}

const holders = new WeakMap<View, ReadonlySet<PeerId>>();

/** The journal's first rounds: all below this one. */
export const journalled = ({ hashes }: Ledger, below: number): { readonly round: number; readonly hash: string }[] =>
  Array.from({ length: Math.max(0, below) }, (_, round) => ({ round, hash: hashes.get(round) as string }));
