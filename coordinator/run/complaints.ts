import type { PeerId } from "../protocol/view.ts";
import {
  type Decision,
  type Effect,
  type Membership,
  type MembershipEvent,
  nameOf,
  type PeerState,
  peersAt,
  unchanged,
  withDispute,
  withPeer,
} from "./membership.ts";
import { strike } from "./strikes.ts";
import { opponentsOf, repairViews } from "./views.ts";

/**
 * A peer heard from another what cannot be part of the run, and listens to it no longer. Who more than half of the other members say that
 * of has to go; a few liars among many cannot bring that about, nor can newcomers, however many. Otherwise neither of the two may own what
 * the other contributes to, from the round in progress on: so the run goes on without their hearing each other.
 */
export function complain(state: Membership, { peer, about, why }: Extract<MembershipEvent, { type: "complain" }>, now: number): Decision {
  const [complainer, accused] = [state.peers.get(peer), state.peers.get(about)];
  if (complainer === undefined || accused === undefined || about === peer) return unchanged(state);
  const complainers = new Set(accused.complainers).add(peer);
  const { state: disputed, news } = withDispute(withPeer(state, about, { complainers }), peer, about);
  const { goes, proven, reason } = whoGoes(complainer.id, { id: about, complainers }, peersAt(disputed, "member"));
  const sentence = `sent what cannot be part of this run, ${reason}: ${why}`;
  const text = `${nameOf(accused)} ${sentence}`;
  if (proven) return strike(disputed, { id: about, name: nameOf(accused), identity: accused.hello.identity }, sentence, now);
  const drops: Effect[] = goes === undefined ? [] : [{ type: "drop", peer: goes, sentence: text }];
  return news && goes === undefined && disputed.phase === "running" && accused.stage === "member"
    ? repairViews(disputed, { kind: "alarm", text: `${text}; neither sums up slices any more` })
    : { state: disputed, effects: drops, reasons: [{ kind: "alarm", text }] };
}

interface Verdict {
  /** Who has to leave; undefined: nobody. */
  readonly goes: PeerId | undefined;
  /** By the word of more than one. */
  readonly proven: boolean;
  readonly reason: string;
}

/**
 * What follows from a complaint. The words of members count: an observer has not shown yet that it holds the run's bits, and joining costs
 * nothing. `members` know of each other's complaints, this one included.
 */
function whoGoes(complainer: PeerId, accused: Pick<PeerState, "id" | "complainers">, members: readonly PeerState[]): Verdict {
  const others = members.filter(({ id }) => id !== accused.id);
  const against = others.filter(({ id }) => accused.complainers.has(id)).length;
  const says = `say ${against} of ${others.length} other members`;
  if (others.length > 1 && 2 * against > others.length) return { goes: accused.id, proven: true, reason: says };
  const isMember = (peer: PeerId): boolean => members.some(({ id }) => id === peer);
  if (!isMember(complainer) && members.length > 0 && members.every(({ complainers }) => complainers.has(complainer))) {
    return { goes: complainer, proven: false, reason: `says peer ${complainer}, who listens to no member any more and has to join again` };
  }
  if (!isMember(accused.id) && others.length === 1 && against === 1) return { goes: accused.id, proven: false, reason: says };
  const deadlock = standoff(members);
  return deadlock === undefined ? { goes: undefined, proven: false, reason: says } : { ...deadlock, proven: false };
}

/**
 * Without a member whom nobody contradicts, somebody would own slices and not hear all who contribute to them: the run would stand still.
 * Then who has most complaints between itself and others goes; of equals who came last, lest a newcomer take a run away from who has it.
 */
function standoff(members: readonly PeerState[]): { readonly goes: PeerId; readonly reason: string } | undefined {
  if (members.length < 2 || members.some((peer) => opponentsOf(peer, members) === 0)) return undefined;
  const deaf = ({ id, complainers }: PeerState): number =>
    members.filter((other) => complainers.has(other.id) || other.complainers.has(id)).length;
  const counts = members.map((peer) => ({ id: peer.id, complaints: deaf(peer) })).filter(({ complaints }) => complaints > 0);
  if (counts.length === 0) return undefined;
  const { id, complaints } = counts.reduce((most, next) =>
    next.complaints > most.complaints || (next.complaints === most.complaints && next.id > most.id) ? next : most,
  );
  const reason = `which proves nothing: of ${members.length} members all contradict others; peer ${id}, who does not hear, or is not heard by, ${complaints} of them, has to join again`;
  return { goes: id, reason };
}

/** Members are lost or come: those who are left may not hear each other. */
export function endStandoff(state: Membership): Decision {
  const deadlock = state.phase === "running" ? standoff(peersAt(state, "member")) : undefined;
  const peer = deadlock === undefined ? undefined : state.peers.get(deadlock.goes);
  if (deadlock === undefined || peer === undefined) return unchanged(state);
  const sentence = `${nameOf(peer)} complained, or was complained about, ${deadlock.reason}`;
  return { state, effects: [{ type: "drop", peer: peer.id, sentence }], reasons: [{ kind: "alarm", text: sentence }] };
}
