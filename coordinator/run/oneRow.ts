import { ROW_SIZE } from "../protocol/topology.ts";
import {
  type Decision,
  type Effect,
  followedBy,
  type Membership,
  type MembershipOptions,
  type PeerState,
  unchanged,
  withPeer,
} from "./membership.ts";
import { freeSeat, partners, seated } from "./seating.ts";
import { planView } from "./views.ts";

/** So many peers or fewer go back to one row: clearly fewer than it holds, so that a run around 32 does not go to and fro. */
const MOST_IN_ONE_ROW = ROW_SIZE - 4;

/**
 * Seats are given in order and kept, so a run that shrinks has free ones in its first row and peers in others. When so few are left that one
 * row holds them with some to spare, they move up: from the next planned view on all exchange directly, by way of the coordinator until they
 * are linked.
 */
export function moveUp(state: Membership, _: number, options: MembershipOptions): Decision {
  const all = seated(state);
  const beyond = all.filter(({ seat = 0 }) => seat >= ROW_SIZE);
  if (state.phase !== "running" || beyond.length === 0 || all.length > MOST_IN_ONE_ROW) return unchanged(state);
  const moved = beyond.reduce((next, { id }) => withPeer(next, id, { seat: freeSeat(next) }), state);
  const effects = newPairs(all, beyond).flatMap(([a, b]): Effect[] => [
    { type: "send", to: [b.id], message: { type: "connect", peer: a.id, initiator: true, iceServers: [...options.iceServers] } },
    { type: "send", to: [a.id], message: { type: "connect", peer: b.id, initiator: false, iceServers: [...options.iceServers] } },
  ]);
  const view = state.views.at(-1);
  const linked: Decision = { state: moved, effects, reasons: [] };
  if (view?.seats === undefined) return linked;
  const text = `${all.length} peers are left: from round ${state.permitted + 1} on they exchange directly`;
  return followedBy(linked, (next) => planView(next, view.observers, options, { kind: "info", text }));
}

/** Pairs of which one moves, and who had nothing to do with each other before. */
function newPairs(all: readonly PeerState[], beyond: readonly PeerState[]): [PeerState, PeerState][] {
  const moving = new Set(beyond);
  return beyond.flatMap((a) =>
    all.flatMap((b): [PeerState, PeerState][] => {
      const twice = a.id === b.id || (moving.has(b) && b.id < a.id);
      return twice || partners(a, b) || (a.links.has(b.id) && b.links.has(a.id)) ? [] : [[a, b]];
    }),
  );
}
