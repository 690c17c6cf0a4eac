import type { PeerId, View } from "../protocol/view.ts";
import { observe } from "./admission.ts";
import {
  type Decision,
  followedBy,
  type Membership,
  type MembershipOptions,
  nameOf,
  type PeerState,
  peersAt,
  unchanged,
  withPeer,
} from "./membership.ts";
import { repairViews } from "./views.ts";

/** A peer is gone, as the sentence says: its slots and slices go to others, for the round in progress. */
export function lost(state: Membership, id: PeerId, sentence: string, options: MembershipOptions): Decision {
  const peer = state.peers.get(id);
  if (peer === undefined) return unchanged(state);
  const why = sentence.replace(`${nameOf(peer)} `, "");
  const peers = new Map([...state.peers].filter(([other]) => other !== id));
  for (const [other, { links }] of peers)
    peers.set(other, { ...(peers.get(other) as PeerState), links: new Map([...links].filter(([to]) => to !== id)) });
  const without: Membership = { ...state, peers };
  const told: Decision = {
    state: without,
    effects: [{ type: "send", to: [...peers.keys()], message: { type: "gone", peer: id } }],
    reasons: [],
  };
  if (peer.stage === "member" && state.phase === "running") return followedBy(told, (next) => replaceMember(next, peer, why, options));
  const reasons = [{ kind: "leave" as const, text: `${nameOf(peer)} ${why} before it took part` }];
  return { ...told, reasons: state.phase === "finished" ? [] : reasons };
}

function replaceMember(state: Membership, peer: PeerState, why: string, options: MembershipOptions): Decision {
  const slots = heldSlots(state.views, peer.id);
  if (peersAt(state, "member").length === 0) return withoutMembers(state, peer, why, options);
  const text = `${nameOf(peer)} ${why} in round ${peer.round}; its ${slots} slots and its slices are others' now, no step is lost`;
  return followedBy(repairViews(state, { kind: "leave", text }), (next) => giveNewDonors(next, peer.id, options));
}

/** Observers who waited for the state from a peer that is gone get it from another. */
function giveNewDonors(next: Membership, gone: PeerId, options: MembershipOptions): Decision {
  const orphans = peersAt(next, "observer").filter(({ id, round }) => round === undefined && donorOf(next.views, id) === gone);
  return orphans.length === 0 ? unchanged(next) : observe(next, orphans, options);
}

/** The last member is gone. Observers who hold the state go on; without them, the run has to begin again. */
function withoutMembers(state: Membership, peer: PeerState, why: string, options: MembershipOptions): Decision {
  const newest = Math.max(...peersAt(state, "observer").map(({ round }) => round ?? -1));
  const heirs = newest < 0 ? [] : peersAt(state, "observer").filter(({ round }) => round === newest);
  if (heirs.length > 0) {
    const next = heirs.reduce((now, { id }) => withPeer(now, id, { stage: "member" }), state);
    const text = `${nameOf(peer)}, the last member, ${why}; ${heirs.map(nameOf).join(", ")} had followed to round ${newest} and went on`;
    return followedBy(repairViews(next, { kind: "leave", text }), (heir) => giveNewDonors(heir, peer.id, options));
  }
  const waiting = peersAt(state, "observer").reduce((now, { id }) => withPeer(now, id, { stage: "linking", round: undefined }), state);
  const from = state.checkpoint === undefined ? "step 0" : `the checkpoint of round ${state.checkpoint}`;
  const text = `${nameOf(peer)}, the last member, ${why} and took the state along: the run goes on from ${from} when somebody joins`;
  return {
    state: { ...waiting, phase: "waiting", views: [], permitted: -1, saving: undefined },
    effects: [],
    reasons: [{ kind: "warning", text }],
  };
}

const heldSlots = (views: readonly View[], id: PeerId): number => views.at(-1)?.slotHolders.filter((holder) => holder === id).length ?? 0;

const donorOf = (views: readonly View[], id: PeerId): PeerId | undefined =>
  views.findLast(({ observers }) => observers.some(({ peer }) => peer === id))?.observers.find(({ peer }) => peer === id)?.donor;
