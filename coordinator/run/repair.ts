import { COORDINATOR, type PeerId } from "../protocol/view.ts";
import { observe } from "./admission.ts";
import { changed, changedPeer } from "./changed.ts";
import { awaitedBy, possibleDonors, waitingObservers } from "./donors.ts";
import {
  type Decision,
  type Effect,
  followedBy,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
  nameOf,
  type PeerState,
  peersAt,
  unchanged,
  withPeer,
} from "./membership.ts";
import { heldSlots, repairViews } from "./views.ts";

/** A peer is gone, as the sentence says: its slots and slices go to others, for the round in progress. */
export function lost(state: Membership, id: PeerId, sentence: string, now: number, options: MembershipOptions): Decision {
  const peer = state.peers.get(id);
  if (peer === undefined) return unchanged(state);
  const why = sentence.replace(`${nameOf(peer)} `, ""); // who was dropped was told in a whole sentence
  const peers = new Map([...state.peers].filter(([other]) => other !== id));
  for (const [other, { links }] of peers)
    peers.set(other, changedPeer(peers.get(other) as PeerState, { links: new Map([...links].filter(([to]) => to !== id)) }));
  const without: Membership = changed(state, { peers });
  const gone: Decision = {
    state: without,
    effects: [{ type: "send", to: [...peers.keys()], message: { type: "gone", peer: id } }],
    reasons: [],
  };
  if (peer.stage === "member" && state.phase === "running") return followedBy(gone, (next) => replaceMember(next, peer, why, now, options));
  const reasons = [
    {
      kind: "leave" as const,
      text: `${nameOf(peer)} ${why} ${peer.round === undefined ? "before it took part" : "while it followed the run"}`,
    },
  ];
  return { ...gone, reasons: state.phase === "finished" ? [] : reasons };
}

function replaceMember(state: Membership, peer: PeerState, why: string, now: number, options: MembershipOptions): Decision {
  const slots = heldSlots(state.views, [peer]);
  const left = withoutStranded(state);
  if (peersAt(left, "member").length === 0) return withoutMembers(left, peer, why, now, options);
  const text = `${nameOf(peer)} ${why} in round ${peer.round}; its ${slots} slots and its slices are others' now, no step is lost`;
  return followedBy(repairViews(left, { kind: "leave", text }), (next) => giveNewDonors(next, now, options));
}

/** Members of a run that has begun again who waited for the state from peers that are gone: they hold slots and cannot compute them. */
function withoutStranded(state: Membership): Membership {
  const stranded = peersAt(state, "member").filter(({ id, computed }) => {
    const { donors = [], stateOfRound = 0 } = awaitedBy(state, id) ?? {};
    return computed < stateOfRound && donors.length > 0 && donors.every((donor) => donor !== COORDINATOR && !state.peers.has(donor));
  });
  return stranded.reduce((next, { id }) => withPeer(next, id, { stage: "observer", round: undefined, waitingFor: "the state" }), state);
}

/** Observers whose donors are all gone get new ones, and a state that is still to come. */
function giveNewDonors(next: Membership, now: number, options: MembershipOptions): Decision {
  const lonely = waitingObservers(next).filter(({ donors }) => donors.every((donor) => !next.peers.has(donor)));
  const orphans = lonely.flatMap(({ peer }) => next.peers.get(peer) ?? []);
  return orphans.length === 0 ? unchanged(next) : observe(next, orphans, possibleDonors(next), now, options);
}

/**
 * A peer cannot have the state of that round any more. An observer gets a later one, from those of whom it does not complain; a member of a
 * run that has begun again has to join again, for it holds slots and cannot compute them.
 */
export function stateLost(
  state: Membership,
  { peer: id, round, why }: Extract<MembershipEvent, { type: "stateLost" }>,
  now: number,
  options: MembershipOptions,
): Decision {
  const peer = state.peers.get(id);
  if (peer === undefined || state.phase !== "running" || awaitedBy(state, id)?.stateOfRound !== round) return unchanged(state);
  const reasons = [{ kind: "warning" as const, text: `${nameOf(peer)} did not get the state of round ${round}: ${why}` }];
  const trusted = possibleDonors(state).filter(({ id: donor, complainers }) => donor !== id && !complainers.has(id));
  if (peer.stage === "observer" && peer.round === undefined && trusted.length > 0)
    return followedBy({ state, effects: [], reasons }, (next) => observe(next, [peer], trusted, now, options));
  const sentence = `${nameOf(peer)} did not get the state of round ${round} and has to join again`;
  return { state, effects: [{ type: "drop", peer: id, sentence }], reasons };
}

/** The last member is gone. Observers who hold the state go on; without them, the run has to begin again. */
function withoutMembers(state: Membership, peer: PeerState, why: string, now: number, options: MembershipOptions): Decision {
  const newest = Math.max(...peersAt(state, "observer").map(({ round }) => round ?? -1));
  const heirs = newest < 0 ? [] : peersAt(state, "observer").filter(({ round }) => round === newest);
  if (heirs.length > 0) {
    const next = heirs.reduce((before, { id }) => withPeer(before, id, { stage: "member" }), state);
    const text = `${nameOf(peer)}, the last member, ${why}; ${heirs.map(nameOf).join(", ")} had followed to round ${newest} and went on`;
    return followedBy(repairViews(next, { kind: "leave", text }), (heir) => giveNewDonors(heir, now, options));
  }
  // They alone know whether they have begun with the state that they waited for, or still hold an older one: they say so when they come back.
  const drops = peersAt(state, "observer").map((observer): Effect => {
    const sentence = `${nameOf(observer)} did not get the state before the last member was gone, and has to join again`;
    return { type: "drop", peer: observer.id, sentence };
  });
  const from = state.checkpoint === undefined ? "step 0" : `the checkpoint of round ${state.checkpoint}`;
  const text = `${nameOf(peer)}, the last member, ${why} and took the state along: the run goes on from ${from} when somebody joins`;
  return {
    state: changed(state, { phase: "waiting", views: [], permitted: -1, saving: undefined }),
    effects: drops,
    reasons: [{ kind: "warning", text }],
  };
}
