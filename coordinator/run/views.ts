import { memberTest, ownersOf, type Seats } from "../protocol/topology.ts";
import { type PeerId, type View, viewFor } from "../protocol/view.ts";
import { assignOwners, assignSlots, reassignOwners, reassignSlots, type Worker } from "./assignment.ts";
import { changed } from "./changed.ts";
import type { Observer } from "./donors.ts";
import {
  type Decision,
  type Effect,
  type Membership,
  type MembershipOptions,
  nameOf,
  type PeerState,
  peersAt,
  type Reason,
} from "./membership.ts";
import { seatsOf, seatsWithout } from "./seating.ts";
import { viewMessages } from "./viewMessages.ts";

const workerOf = ({ id, imagesPerSecond }: PeerState): Worker => ({ id, imagesPerSecond });

/**
 * A new view from the first round that nobody may have begun: permits reach to `permitted`, and a peer gets view and permits over
 * one ordered connection, so every member holds the view before it begins that round.
 */
export function planView(
  state: Membership,
  observers: readonly Observer[],
  options: MembershipOptions,
  reason: Reason,
  begins = false,
): Decision {
  const members = peersAt(state, "member");
  const ids = members.map(({ id }) => id);
  const previous = state.views.at(-1)?.slotHolders ?? [];
  const owning = ownersAmong(members);
  const near = [...owning, ...observers.flatMap(({ peer }) => state.peers.get(peer) ?? [])];
  const seats = seatsOf(
    near.map(({ id, seat }) => [id, seat]),
    members.length - owning.length,
  );
  const view: View = {
    view: state.nextView,
    fromRound: state.permitted + 1,
    begins,
    members: ids,
    observers: [...observers],
    slotHolders: assignSlots(options.config.slots, members.map(workerOf), previous),
    owners: seats === undefined ? assignOwners(owning.map(({ id }) => id)) : ownersOf(seats, memberTest(ids)),
    ...(seats === undefined ? {} : { seats: [...seats] }),
  };
  return announce(state, [view], reason);
}

/**
 * The views without a member that is lost or late, from the lowest round in progress on. Within a round nobody else loses a slot, so whoever has
 * sent a sum over several slots need not take it back.
 */
export function repairViews(state: Membership, reason: Reason): Decision {
  const members = peersAt(state, "member");
  const inProgress = lowestInProgress(state);
  const left = members.map(({ id }) => id);
  const repaired = effectiveViews(state.views, inProgress).map((view, i): View => {
    const stays = members.filter(({ id }) => view.members.includes(id));
    const holders = stays.length > 0 ? stays : members;
    const ids = holders.map(({ id }) => id);
    const undisputed = ownersAmong(holders).map(({ id }) => id);
    const seats = seatsLeft(view, state, ids, undisputed);
    // An heir may be behind all views that are remembered: then the oldest of them holds for its round, too.
    const fromRound = i === 0 ? inProgress : view.fromRound;
    return {
      view: state.nextView + i,
      fromRound,
      begins: false,
      ...(fromRound > state.permitted ? {} : { repairedThrough: state.permitted }),
      members: stays.length > 0 ? view.members.filter((id) => left.includes(id)) : left,
      observers: repairObservers(view, state, inProgress),
      slotHolders: reassignSlots(view.slotHolders, holders.map(workerOf)),
      owners: seats === undefined ? reassignOwners(view.owners, undisputed) : reassignInColumns(view.owners, seats, memberTest(ids)),
      ...(seats === undefined ? {} : { seats: [...seats] }),
    };
  });
  const repair = announce(state, repaired, reason);
  return { ...repair, effects: [...repair.effects, ...dropHopeless(state, inProgress)] };
}

/** The seats of a view without those of peers that are gone, or in a dispute; none when no member is left on any. */
function seatsLeft(view: View, state: Membership, members: readonly PeerId[], undisputed: readonly PeerId[]): Seats | undefined {
  const [isMember, isUndisputed] = [memberTest(members), memberTest(undisputed)];
  const seats = seatsWithout(
    view,
    (peer) => state.peers.has(peer) && (isUndisputed(peer) || !isMember(peer)),
    members.length - undisputed.length,
  );
  return seats?.some(isMember) ? seats : undefined;
}

/** The entries of owners that are gone, or have lost their seats, go to others of their columns. */
function reassignInColumns(owners: readonly PeerId[], seats: Seats, isMember: (peer: PeerId) => boolean): PeerId[] {
  const fresh = ownersOf(seats, isMember);
  const isSeated = memberTest(seats);
  return owners.map((owner, k) => (isMember(owner) && isSeated(owner) ? owner : (fresh[k % fresh.length] as PeerId)));
}

/**
 * Two members who contradict each other own no slices, so that neither depends on the other any more: an owner alone could sum up what
 * it did not receive, and only an owner can be sent what others are not. On two levels they have no seat, so that neither brings a row
 * together: what they contribute goes to the owners directly. Nor do those own any between whom a line is slow: then nothing goes over it.
 */
function ownersAmong(members: readonly PeerState[]): readonly PeerState[] {
  const undisputed = members.filter((peer) => opponentsOf(peer, members) === 0);
  const trusted = undisputed.length > 0 ? undisputed : members;
  const near = trusted.filter(({ ownsAfter }) => ownsAfter === 0);
  const fewest = Math.min(...trusted.map(({ silentWith }) => silentWith.size));
  return near.length > 0 ? near : trusted.filter(({ silentWith }) => silentWith.size === fewest);
}

/** How many of these have their word against this one's. */
export const opponentsOf = ({ disputants }: PeerState, members: readonly PeerState[]): number =>
  members.filter(({ id }) => disputants.has(id)).length;

/** The lowest round that anybody works on who can still be helped: members keep what they had of one round more than they are in. */
export function lowestInProgress(state: Membership): number {
  let furthest = Number.NEGATIVE_INFINITY;
  for (const { stage, round } of state.peers.values()) if (stage === "member") furthest = Math.max(furthest, round ?? 0);
  let lowest = Number.POSITIVE_INFINITY;
  for (const { id, stage, round } of state.peers.values()) {
    // An observer whose state is on its way may be at any round from that one on: it has the reduced slices, and is level in a moment.
    const coming = stage === "observer" && round === undefined ? beginOf(state, id) : undefined;
    if (coming !== undefined) lowest = Math.min(lowest, Math.max(coming, furthest - 1));
    else if ((stage === "member" || stage === "observer") && round !== undefined && round >= furthest - 1) lowest = Math.min(lowest, round);
  }
  return lowest;
}

/** The round that an observer begins with. */
const beginOf = ({ views }: Membership, id: PeerId): number | undefined =>
  views.at(-1)?.observers.find(({ peer }) => peer === id)?.stateOfRound;

/** Who is further behind (a peer without slots may be) could lack slices that nobody has any more. */
function dropHopeless(state: Membership, inProgress: number): Effect[] {
  return peersAt(state, "member", "observer")
    .filter(({ round }) => round !== undefined && round < inProgress)
    .map((peer) => ({ type: "drop", peer: peer.id, sentence: `${nameOf(peer)} fell too far behind and has to join again` }));
}

/** Whoever followed goes on following, and so does a member that was only late: it has the state. */
function repairObservers(view: View, state: Membership, inProgress: number): Observer[] {
  const kept = view.observers.filter(({ peer }) => state.peers.has(peer));
  const late = view.members.filter((id) => state.peers.get(id)?.stage === "observer" && kept.every(({ peer }) => peer !== id));
  return [...kept, ...late.map((peer) => ({ peer, donors: [], stateOfRound: inProgress }))];
}

/** How many slots of a step these hold in the newest view. */
export function heldSlots(views: readonly View[], peers: readonly PeerState[]): number {
  const holds = memberTest(peers.map(({ id }) => id));
  return views.at(-1)?.slotHolders.filter(holds).length ?? 0;
}

/** The views that hold for some round from `round` on, oldest first. */
export function effectiveViews(views: readonly View[], round: number): View[] {
  const current = viewFor(views, round);
  const later = views.filter((view) => view.fromRound > round && viewFor(views, view.fromRound) === view);
  return [...(current === undefined ? [] : [current]), ...later].sort((a, b) => a.fromRound - b.fromRound);
}

function announce(state: Membership, views: readonly View[], reason: Reason): Decision {
  const to = peersAt(state, "member", "observer").map(({ id }) => id);
  return {
    state: changed(state, { nextView: state.nextView + views.length, views: [...state.views, ...views] }),
    effects: viewMessages(views, reason.text).map((message) => ({ type: "send", to, message })),
    reasons: [reason],
  };
}
