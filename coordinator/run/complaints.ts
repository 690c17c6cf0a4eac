import { type Decision, type Membership, type MembershipEvent, nameOf, peersAt, unchanged, withDispute, withPeer } from "./membership.ts";
import { strike } from "./strikes.ts";
import { repairViews } from "./views.ts";

/**
 * A peer heard from another what cannot be part of the run, and listens to it no longer. Who more than half of the others say that of has
 * to go; a few liars among many cannot bring that about. Otherwise neither of the two may own what the other contributes to, from the
 * round in progress on: so the run goes on without their hearing each other.
 */
export function complain(state: Membership, { peer, about, why }: Extract<MembershipEvent, { type: "complain" }>, now: number): Decision {
  const accused = state.peers.get(about);
  if (accused === undefined || about === peer) return unchanged(state);
  const complainers = new Set([...accused.complainers, peer]);
  const others = peersAt(state, "member", "observer").filter(({ id }) => id !== about);
  const against = others.filter(({ id }) => complainers.has(id)).length;
  const sentence = `sent what cannot be part of this run, say ${against} of ${others.length} others: ${why}`;
  const text = `${nameOf(accused)} ${sentence}`;
  const { state: disputed, news } = withDispute(withPeer(state, about, { complainers }), peer, about);
  if (2 * against > others.length) {
    // Of two, one word stands against the other's: then it is no proof.
    if (others.length > 1) return strike(disputed, { id: about, name: nameOf(accused), identity: accused.hello.identity }, sentence, now);
    return { state: disputed, effects: [{ type: "drop", peer: about, sentence: text }], reasons: [{ kind: "alarm", text }] };
  }
  return news && disputed.phase === "running" && accused.stage === "member"
    ? repairViews(disputed, { kind: "alarm", text: `${text}; neither sums up slices any more` })
    : { state: disputed, effects: [], reasons: [{ kind: "alarm", text }] };
}
