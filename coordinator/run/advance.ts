import { admit, join, link, ready } from "./admission.ts";
import { changed } from "./changed.ts";
import { complain, endStandoff } from "./complaints.ts";
import { replayed, settleFork } from "./fork.ts";
import { arbitrated, closeOverdue, hearAccount, hearRecomputed } from "./inquiries.ts";
import { inTurn } from "./inTurn.ts";
import { noteWait, spareSlowLines } from "./lines.ts";
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
import { restBehind, withRest } from "./rests.ts";
import { storage } from "./storage.ts";
import { demoteLate } from "./stragglers.ts";
import { suspect } from "./suspicion.ts";
import { unreadable } from "./unreadable.ts";

/** An observer gets on with every round; one that does not, for so long, has lost something. */
const STUCK_MS = 30_000;

/** Every decision of the coordinator: what follows from an event, and why. Knows no clock, socket or chance but its arguments. */
export function advance(state: Membership, event: MembershipEvent, now: number, options: MembershipOptions): Decision {
  // The most frequent events note the time together with what else they change: each change copies the table of peers.
  if (event.type === "computed") return unchanged(withPeer(state, event.peer, { computed: event.round, lastSeenAt: now }));
  if (event.type === "heartbeat") return heartbeat(noteWait(state, event, now, options), event, now);
  if (event.type === "done") return done(state, event.peer, event.report, now, options);
  const seen = "peer" in event ? withPeer(state, event.peer, { lastSeenAt: now }) : state;
  switch (event.type) {
    case "join":
      return join(seen, event.hello, now, options);
    case "ready":
      return ready(seen, event, now, options);
    case "link":
      return link(seen, event.peer, event.other, event.state, now, options);
    case "lost":
      return followedBy(lost(state, event.peer, event.why, now, options), (next) => inTurn(next, afterLoss, now, options));
    case "complain":
      return complain(seen, event, now);
    case "suspect":
      return suspect(seen, event, options);
    case "stateLost":
      return stateLost(seen, event, now, options);
    case "saved":
      return unchanged(changed(state, { checkpoint: event.round, saving: undefined }));
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
      return inTurn(state, atEveryTick, now, options);
    default:
      return event satisfies never;
  }
}

const afterLoss = [settleFork, proceed, admit];
const atEveryTick = [demoteLate, spareSlowLines, restBehind, settleFork, endStandoff, proceed, admit, dropSilent, closeOverdue];

/** Chunks that come in are progress: a large state on a slow connection takes its time. */
function heartbeat(state: Membership, event: Extract<MembershipEvent, { type: "heartbeat" }>, now: number): Decision {
  const { peer, hidden, waitingFor, chunks } = event;
  const got = chunks !== undefined && chunks !== state.peers.get(peer)?.chunks;
  return unchanged(withPeer(state, peer, { hidden, waitingFor, chunks, lastSeenAt: now, ...(got ? { reportedAt: now } : {}) }));
}

/** Peers that have not been heard of for too long are dropped; their going is then an event of its own. */
function dropSilent(state: Membership, now: number, options: MembershipOptions): Decision {
  const silent = [...state.peers.values()].filter(({ lastSeenAt }) => now - lastSeenAt > options.silenceMs);
  const stuck = stuckObservers(state, now);
  const dropped: Effect[] = stuck.map((peer) => {
    const sentence = `${nameOf(peer)} got no further for ${Math.round((now - peer.reportedAt) / 1000)} s and has to join again`;
    return { type: "drop", peer: peer.id, sentence };
  });
  const slow = stuck.filter(({ hello }) => state.rests.has(hello.identity)); // it is not for the first time
  const effects: Effect[] = silent.map((peer) => {
    const sentence = `${nameOf(peer)} was silent for ${Math.round((now - peer.lastSeenAt) / 1000)} s`;
    return { type: "drop", peer: peer.id, sentence };
  });
  return { state: slow.reduce((next, peer) => withRest(next, peer, now), state), effects: [...effects, ...dropped], reasons: [] };
}

/** An observer that follows nobody: what it waits for may be lost. */
function stuckObservers(state: Membership, now: number): PeerState[] {
  if (state.phase !== "running" || state.paused !== undefined) return [];
  return peersAt(state, "observer").filter(({ round, reportedAt }) => {
    const patience = Math.max(STUCK_MS, 20 * state.roundMs);
    return now - reportedAt > patience && (round === undefined || round < state.committed - 1);
  });
}
