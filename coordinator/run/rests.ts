import { changed } from "./changed.ts";
import { type Decision, type Effect, type Membership, nameOf, type PeerState, peersAt, unchanged, withPeer } from "./membership.ts";

/** A peer whose line is too slow is tried again after this time, twice as long each further time. */
const FIRST_REST_MS = 30_000;
const LONGEST_REST_MS = 10 * 60_000;

/** An observer that is so far behind, and comes no nearer in so much time, will not catch up. */
const FAR_BEHIND_ROUNDS = 16;
const LOOK_AGAIN_MS = 5000;

/** Half of the rounds that a peer takes frames of ahead of its own: soon it would take the others' frames for impossible ones. */
const MAX_ROUNDS_BEHIND = 128;

/** A frozen peer falls behind, too, and says nothing. */
const SILENT_MS = 3500;

/** What it computes does not arrive at most others: the first time that may be chance, and it takes part again soon. */
const CHANCE_PAUSE_MS = 2000;

/** Nothing comes from it any more: the first time a short pause, from then on rests, also when it has come back under another number. */
export function withPauseOrRest(state: Membership, peer: PeerState, now: number): Membership {
  const { identity } = peer.hello;
  if (state.rests.has(identity)) return withRest(state, peer, now);
  const until = now + CHANCE_PAUSE_MS;
  return withPeer(changed(state, { rests: new Map(state.rests).set(identity, { until, times: 0 }) }), peer.id, { mayReturnAt: until });
}

/** It takes part again when its rest is over, not sooner. */
export function withRest(state: Membership, { id, hello }: PeerState, now: number): Membership {
  const times = (state.rests.get(hello.identity)?.times ?? 0) + 1;
  const until = now + Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (times - 1));
  return withPeer(changed(state, { rests: new Map(state.rests).set(hello.identity, { until, times }) }), id, { mayReturnAt: until });
}

/**
 * Observers to which the run's slices come more slowly than the run goes. They could never fall in, and what they are sent would heap up: they
 * connect anew, which forgets it, and rest before they get a state again. Nobody waits for them meanwhile.
 */
export function restBehind(state: Membership, now: number): Decision {
  if (state.phase !== "running" || state.paused !== undefined || state.fork !== undefined) return unchanged(state);
  const begins = new Map(state.views.at(-1)?.observers.map(({ peer, stateOfRound }) => [peer, stateOfRound]));
  let next = state;
  const effects: Effect[] = [];
  for (const peer of peersAt(state, "observer")) {
    const rounds = state.committed - (peer.round ?? begins.get(peer.id) ?? state.committed);
    const look = peer.backlog === undefined || now - peer.backlog.at >= LOOK_AGAIN_MS;
    const fallsBack =
      look && peer.backlog !== undefined && peer.round !== undefined && rounds >= Math.max(FAR_BEHIND_ROUNDS, peer.backlog.rounds);
    const awake = now - peer.lastSeenAt <= SILENT_MS;
    if (rounds > MAX_ROUNDS_BEHIND || (fallsBack && awake)) {
      next = withRest(next, peer, now);
      effects.push({
        type: "drop",
        peer: peer.id,
        sentence: restSentence(peer, rounds, (next.rests.get(peer.hello.identity)?.until ?? now) - now),
      });
    } else if (look) next = withPeer(next, peer.id, { backlog: { at: now, rounds } });
  }
  return { state: next, effects, reasons: [] };
}

const restSentence = (peer: PeerState, rounds: number, ms: number): string =>
  `${nameOf(peer)} is ${rounds} rounds behind and falls back further, its line being too slow: the others train on, and it is asked again in ${Math.round(ms / 1000)} s`;

/** What its page shows when it has come back before its rest is over. */
export function tellRest({ phase, rests }: Membership, { id, hello }: PeerState, now: number): Effect[] {
  const rest = rests.get(hello.identity);
  if (phase !== "running" || rest === undefined || rest.until <= now) return [];
  const seconds = Math.ceil((rest.until - now) / 1000);
  const sentence = `Your line is too slow for the run as it is now: the others train on without waiting for you. You are asked again in ${seconds} s.`;
  return [{ type: "send", to: [id], message: { type: "rest", seconds, sentence } }];
}
