import { FREE, linkUp, pairsAcross, ROW_SIZE, type Seats } from "../protocol/topology.ts";
import type { PeerId, View } from "../protocol/view.ts";
import { changed } from "./changed.ts";
import { type Decision, type Effect, type Membership, type MembershipOptions, type PeerState, peersAt, unchanged } from "./membership.ts";

/** The lowest seat that nobody has: a small run stays in one row, and one that has become small moves up into it. */
export function freeSeat(state: Membership): number {
  const taken = new Set([...state.peers.values()].map(({ seat }) => seat));
  let seat = 0;
  while (taken.has(seat)) seat++;
  return seat;
}

/** Whether two peers are to have a link. */
export const partners = (a: PeerState, b: PeerState): boolean => a.seat !== undefined && b.seat !== undefined && linkUp(a.seat, b.seat);

/** Nothing is missing between the two: each says that they are linked, or they need not be. */
export const together = (a: PeerState, b: PeerState): boolean =>
  a.id === b.id || !partners(a, b) || (a.links.has(b.id) && b.links.has(a.id));

/** Whether this peer says that it is linked with everyone whom it is to link with. */
export const hasLinks = (peer: PeerState, others: readonly PeerState[]): boolean =>
  others.every((other) => other.id === peer.id || !partners(peer, other) || peer.links.has(other.id));

/** Who sits where, of these peers; undefined as long as one row holds them all, and so many others: they exchange directly. */
export function seatsOf(peers: Iterable<readonly [PeerId, number | undefined]>, unseated = 0): Seats | undefined {
  const taken = new Map([...peers].flatMap(([id, seat]) => (seat === undefined ? [] : [[seat, id]])));
  const last = Math.max(-1, ...taken.keys());
  return last < ROW_SIZE && taken.size + unseated <= ROW_SIZE
    ? undefined
    : Array.from({ length: last + 1 }, (_, seat) => taken.get(seat) ?? FREE);
}

/** The seats of a view for those who stay on them; so many others are there, too. */
export function seatsWithout(view: View, stays: (peer: PeerId) => boolean, unseated: number): Seats | undefined {
  if (view.seats === undefined) return undefined;
  return seatsOf(
    view.seats.flatMap((peer, seat) => (stays(peer) ? [[peer, seat]] : [])),
    unseated,
  );
}

/** Links that the newest view needs across rows and columns, for who stands in at a free seat. Until they are there, the coordinator relays. */
export function linkAcross(state: Membership, _: number, options: MembershipOptions): Decision {
  const view = state.views.at(-1);
  if (view?.seats === undefined || view.view <= state.linkedAcross || state.phase !== "running") return unchanged(state);
  const iceServers = [...options.iceServers];
  const effects = pairsAcross(view).flatMap(([a, b]): Effect[] => {
    if (state.peers.get(a)?.links.has(b) || !state.peers.has(a) || !state.peers.has(b)) return [];
    return [
      { type: "send", to: [b], message: { type: "connect", peer: a, initiator: true, iceServers } },
      { type: "send", to: [a], message: { type: "connect", peer: b, initiator: false, iceServers } },
    ];
  });
  return { state: changed(state, { linkedAcross: view.view }), effects, reasons: [] };
}

/** Everyone who has, or is to get, links. */
export const seated = (state: Membership): PeerState[] => peersAt(state, "linking", "observer", "member");
