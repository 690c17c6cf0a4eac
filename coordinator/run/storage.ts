import { changed } from "./changed.ts";
import { type Decision, type Membership, peersAt, unchanged, withPeer } from "./membership.ts";

/** The journal is the truth: when the disk takes no more of it, nobody begins another round, until it does again. */
export function storage(state: Membership, stuck: readonly string[], now: number): Decision {
  const [first] = stuck;
  if (first === undefined) return state.paused === undefined ? unchanged(state) : goOn(state, now);
  const paused = `The disk is full: ${first} cannot be written. Training pauses, nothing is lost; free some space, and it goes on by itself.`;
  if (state.paused !== undefined) return unchanged(state);
  return { state: changed(state, { paused }), effects: [], reasons: [{ kind: "alarm", text: paused }] };
}

/** Whoever waited is not late, and got on as well as could be. */
function goOn(state: Membership, now: number): Decision {
  const rested = peersAt(state, "member", "observer").reduce((next, { id }) => withPeer(next, id, { reportedAt: now }), state);
  const text = `there is space on the disk again after ${state.committed} rounds: training goes on`;
  const lastCommitAt = state.lastCommitAt === 0 ? 0 : now;
  return { state: { ...rested, paused: undefined, lastCommitAt, roundSince: now }, effects: [], reasons: [{ kind: "warning", text }] };
}
