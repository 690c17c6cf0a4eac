import { admit, join, link, ready } from "./admission.ts";
import { complain } from "./complaints.ts";
import { replayed, settleFork } from "./fork.ts";
import { arbitrated, closeOverdue, hearAccount, hearRecomputed } from "./inquiries.ts";
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
import { done, proceed } from "./progress.ts";
import { lost, stateLost } from "./repair.ts";
import { storage } from "./storage.ts";
import { demoteLate } from "./stragglers.ts";
import { unreadable } from "./unreadable.ts";

/** An observer gets on with every round; one that does not, for so long, has lost something. */
const STUCK_MS = 30_000;

/** Half of the rounds that a peer takes frames of ahead of its own. */
const MAX_ROUNDS_BEHIND = 128;

/** Every decision of the coordinator: what follows from an event, and why. Knows no clock, socket or chance but its arguments. */
export function advance(state: Membership, event: MembershipEvent, now: number, options: MembershipOptions): Decision {
  const seen = "peer" in event ? withPeer(state, event.peer, { lastSeenAt: now }) : state;
  switch (event.type) {
    case "join":
      return join(seen, event.hello, now, options);
    case "ready":
      return ready(seen, event, now, options);
    case "link":
      return link(seen, event.peer, event.other, event.state, now, options);
    case "done":
      return done(seen, event.peer, event.report, now, options);
    case "heartbeat":
      return heartbeat(seen, event, now);
    case "lost":
      return followedBy(lost(state, event.peer, event.why, now, options), (next) =>
        inTurn(next, [settleFork, proceed, admit], now, options),
      );
    case "computed":
      return unchanged(withPeer(seen, event.peer, { computed: event.round }));
    case "complain":
      return complain(seen, event, now);
    case "stateLost":
      return stateLost(seen, event, now, options);
    case "saved":
      return unchanged({ ...state, checkpoint: event.round, saving: undefined });
    case "unreadable":
      return unreadable(state, event);
    case "storage":
      return followedBy(storage(state, event.stuck, now), (next) => proceed(next, now, options));
    case "account":
      return hearAccount(seen, event, now, options);
    case "recomputed":
      return hearRecomputed(seen, event, now, options);
    case "arbitrated":
      return arbitrated(state, event, now, options);
    case "replayed":
      return followedBy(replayed(state, event.result, now, options), (next) => proceed(next, now, options));
    case "tick":
      return inTurn(state, [demoteLate, settleFork, proceed, admit, dropSilent, closeOverdue], now, options);
    default:
      return event satisfies never;
  }
}

/** Chunks that come in are progress: a large state on a slow connection takes its time. */
function heartbeat(state: Membership, event: Extract<MembershipEvent, { type: "heartbeat" }>, now: number): Decision {
  const { peer, hidden, waitingFor, chunks } = event;
  const got = chunks !== undefined && chunks !== state.peers.get(peer)?.chunks;
  return unchanged(withPeer(state, peer, { hidden, waitingFor, chunks, ...(got ? { reportedAt: now } : {}) }));
}

type TimedDecision = (state: Membership, now: number, options: MembershipOptions) => Decision;

const inTurn = (state: Membership, decisions: readonly TimedDecision[], now: number, options: MembershipOptions): Decision =>
  decisions.reduce((before, decide) => followedBy(before, (next) => decide(next, now, options)), unchanged(state));

/** Peers that have not been heard of for too long are dropped; their going is then an event of its own. */
function dropSilent(state: Membership, now: number, options: MembershipOptions): Decision {
  const silent = [...state.peers.values()].filter(({ lastSeenAt }) => now - lastSeenAt > options.silenceMs);
  const stuck = stuckObservers(state, now);
  const dropped: Effect[] = stuck.map((peer) => {
    const sentence = `${nameOf(peer)} got no further for ${Math.round((now - peer.reportedAt) / 1000)} s and has to join again`;
    return { type: "drop", peer: peer.id, sentence };
  });
  const effects: Effect[] = silent.map((peer) => {
    const sentence = `${nameOf(peer)} was silent for ${Math.round((now - peer.lastSeenAt) / 1000)} s`;
    return { type: "drop", peer: peer.id, sentence };
  });
  return { state, effects: [...effects, ...dropped], reasons: [] };
}

/**
 * An observer that follows nobody: what it waits for may be lost. Nor can one that is so far behind be helped, while the others go on:
 * soon it would take their frames for impossible ones.
 */
function stuckObservers(state: Membership, now: number): PeerState[] {
  if (state.phase !== "running" || state.paused !== undefined) return [];
  const begins = new Map(state.views.at(-1)?.observers.map(({ peer, stateOfRound }) => [peer, stateOfRound]));
  return peersAt(state, "observer").filter(({ id, round, reportedAt }) => {
    if ((round ?? begins.get(id) ?? state.committed) < state.committed - MAX_ROUNDS_BEHIND) return true;
    const patience = Math.max(STUCK_MS, 20 * state.roundMs);
    return now - reportedAt > patience && (round === undefined || round < state.committed - 1);
  });
}
