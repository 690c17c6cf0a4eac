import type { PeerId } from "../protocol/view.ts";
import type { PeerState, Wait } from "./membership.ts";

/** What a member says now that it waits for. */
export interface CurrentWait {
  readonly peer: PeerState;
  readonly wait: Wait;
}

/**
 * On two levels most wait for somebody who waits, too: a member for its row's aggregator, the aggregator for the owner, the owner for another
 * row's sum, that row's aggregator for a contribution. What remains are the lines at the ends of these chains, whose other end waits
 * for nothing that would explain it. Nothing is said of peers that have not been heard lately. If all wait for each other, all lines remain.
 */
export function rootWaits(waits: readonly CurrentWait[], heard: (peer: PeerId) => boolean): CurrentWait[] {
  const byPeer = new Map(waits.map(({ peer, wait }) => [peer.id, wait]));
  const explained = (wait: Wait, awaited: PeerId): boolean => {
    const other = byPeer.get(awaited);
    if (other === undefined || other.round !== wait.round) return false;
    return wait.kind === "slices" || (wait.kind === "sums" && other.kind === "contributions");
  };
  const roots = kept(waits, (wait, awaited) => heard(awaited) && !explained(wait, awaited));
  const allHeard = waits.every(({ wait }) => wait.lines.every(([, awaited]) => heard(awaited)));
  return roots.length === 0 && allHeard ? [...waits] : roots;
}

function kept(waits: readonly CurrentWait[], keep: (wait: Wait, awaited: PeerId) => boolean): CurrentWait[] {
  return waits.flatMap(({ peer, wait }) => {
    const lines = wait.lines.filter(([, awaited]) => keep(wait, awaited));
    return lines.length === 0 ? [] : [{ peer, wait: { ...wait, lines } }];
  });
}
