import { changed } from "./changed.ts";
import { type Decision, type Effect, type Membership, type MembershipEvent, nameOf } from "./membership.ts";

/**
 * The state that the run was to go on from cannot be read: it goes on from an older one, or from the beginning. Whoever waits for it has
 * to join again; with them the run begins anew.
 */
export function unreadable(state: Membership, { round, older, why, to }: Extract<MembershipEvent, { type: "unreadable" }>): Decision {
  const checkpoint = state.checkpoint === round ? older : state.checkpoint;
  const from = checkpoint === undefined ? "step 0" : `the checkpoint of round ${checkpoint}`;
  const waiting = to.flatMap((id) => state.peers.get(id) ?? []);
  const drops: Effect[] = waiting.map((peer) => {
    const sentence = `${nameOf(peer)} has to join again: ${why}, and the run goes on from ${from}`;
    return { type: "drop", peer: peer.id, sentence };
  });
  return {
    state: changed(state, { checkpoint }),
    effects: drops,
    reasons: [{ kind: "alarm", text: `${why}: the run goes on from ${from}` }],
  };
}
