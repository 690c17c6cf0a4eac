import type { Account } from "../protocol/audit.ts";
import type { ChecksumKey } from "../protocol/checksum.ts";
import type { Awaits, CoordinatorMessage, Hello, IceServer, RefusalReason, RoundMetrics, RoundTiming } from "../protocol/messages.ts";
import type { RunConfig } from "../protocol/runConfig.ts";
import type { PeerId, View } from "../protocol/view.ts";
import { type Audits, noAudits } from "./audit.ts";
import { changed, changedPeer } from "./changed.ts";

/**
 * Who takes part in the run, and how: the state from which every decision of the coordinator follows. It changes only by `advance`.
 *
 *     preparing → linking → observer → member        (a newcomer to a run in progress)
 *     preparing → linking → member                   (present when the run begins)
 */
export interface Membership {
  readonly phase: "waiting" | "running" | "finished";
  readonly nextPeer: PeerId;
  readonly nextView: number;
  readonly peers: ReadonlyMap<PeerId, PeerState>;
  /** The newest view for which links across rows and columns were asked for. */
  readonly linkedAcross: number;
  /** Oldest first: the views that hold for rounds which somebody still works on, and those to come. */
  readonly views: readonly View[];
  /** Everyone may work on rounds up to this one under `views`; a planned view begins after it. */
  readonly permitted: number;
  /** Rounds that are committed: all below this one. */
  readonly committed: number;
  /** The hashes of the latest of them. */
  readonly hashes: ReadonlyMap<number, string>;
  /** The hash of the self-test step; the first peer's counts. */
  readonly selfTest: string | undefined;
  /** A running mean of the time that a round takes. */
  readonly roundMs: number;
  readonly lastCommitAt: number;
  /** Since when the round in progress could be worked on: the last commit, or when the run began or went on. */
  readonly roundSince: number;
  readonly lastViewAt: number;
  /** How long the latest training steps took, newest last. */
  readonly durations: readonly number[];
  /** The round whose beginning state lies on the disk. */
  readonly checkpoint: number | undefined;
  readonly lastCheckpointAt: number;
  /** Why nothing further is permitted, in a sentence: the disk is full. */
  readonly paused: string | undefined;
  /** Who was asked to send the state of which round for the next checkpoint. */
  readonly saving: { readonly peer: PeerId; readonly round: number } | undefined;
  readonly audits: Audits;
  /** Members ended a round with other bits than the committed ones, and it is not clear yet whose are right. */
  readonly fork: Fork | undefined;
  /** The latest round that stood still though everyone had computed it, and when something was done about it, or said. */
  readonly standstill: { readonly round: number; readonly at: number } | undefined;
  /** By identity: who rests, for it comes back under another number. */
  readonly rests: ReadonlyMap<string, Rest>;
  /** What peers bring along is not to be believed: the run begins again because nobody knew who was right. */
  readonly distrustful: boolean;
}

/** What one heartbeat says about lines. */
export interface Wait {
  readonly at: number;
  readonly round: number;
  /** What its lines are waited for to bring: first contributions, then sums of rows, then reduced slices. */
  readonly kind: "contributions" | "sums" | "slices";
  /** Pieces of the round that had come to it. */
  readonly arrived: number;
  /** The ends of each line that it waits for; none when it waits for none. On two levels each from itself to whom it waits for. */
  readonly lines: readonly (readonly [PeerId, PeerId])[];
  /** The lines that this comes down to, when others wait, too: directly these, on two levels those at the ends of chains; undefined when not known. */
  readonly roots: readonly (readonly [PeerId, PeerId])[] | undefined;
}

/** A peer whose line was too slow for the run: how often, and when it is tried again. */
interface Rest {
  readonly until: number;
  readonly times: number;
}

export interface Fork {
  readonly round: number;
  readonly stage: "voting" | "replaying";
  /** When it got to its stage. */
  readonly since: number;
  /** Members that reported something else than what was committed: all they reported, from the fork's round on. */
  readonly others: ReadonlyMap<PeerId, readonly RoundReport[]>;
}

export type Stage = "preparing" | "linking" | "observer" | "member";

export interface PeerState {
  readonly id: PeerId;
  readonly hello: Hello;
  readonly stage: Stage;
  /** Its place among the rows, from when it links up until it is gone. */
  readonly seat: number | undefined;
  readonly links: ReadonlyMap<PeerId, "direct" | "relayed">;
  readonly imagesPerSecond: number;
  /** When that was measured last: a peer without slots shows nothing. */
  readonly measuredAt: number;
  /** The round that it works on: it has done all before. Undefined while it has no state. */
  readonly round: number | undefined;
  /** Of the state that it waits for, so many chunks are there. */
  readonly chunks: number | undefined;
  readonly hash: string | undefined;
  /** The round whose beginning state it brought along, from before a connection was lost. */
  readonly offers: number | undefined;
  /** The latest round whose slots it has computed and sent. */
  readonly computed: number;
  /** After it was late: when it may take part again, and how often it was. */
  readonly mayReturnAt: number;
  readonly timesLate: number;
  /** What its latest heartbeats said that it waits for, though everyone had computed: oldest first. */
  readonly waits: readonly Wait[];
  /** Its line, or one to it, is slow: until then it owns no slices. */
  readonly ownsAfter: number;
  /** Members from whom, or to whom, nothing came for so long that a round was repaired for it: forgotten when it owns slices again. */
  readonly silentWith: ReadonlySet<PeerId>;
  /** Of an observer: so far it was behind at that time. */
  readonly backlog: { readonly at: number; readonly rounds: number } | undefined;
  /** Who says that it sends what cannot be. */
  readonly complainers: ReadonlySet<PeerId>;
  /** Whose word stands against its own about what the one sent and the other received. */
  readonly disputants: ReadonlySet<PeerId>;
  /** When it last got on: joined, got a role, got chunks of its state, or reported a round. */
  readonly reportedAt: number;
  readonly hidden: boolean;
  readonly waitingFor: string;
  readonly bytesSent: number;
  readonly joinedAt: number;
  readonly lastSeenAt: number;
}

export type MembershipEvent =
  | { readonly type: "join"; readonly hello: Hello }
  | { readonly type: "ready"; readonly peer: PeerId; readonly selfTest: string; readonly imagesPerSecond: number }
  | { readonly type: "link"; readonly peer: PeerId; readonly other: PeerId; readonly state: "direct" | "relayed" | "lost" }
  | { readonly type: "computed"; readonly peer: PeerId; readonly round: number }
  | { readonly type: "complain"; readonly peer: PeerId; readonly about: PeerId; readonly why: string }
  | { readonly type: "suspect"; readonly peer: PeerId; readonly round: number; readonly about: PeerId; readonly why: string }
  | { readonly type: "stateLost"; readonly peer: PeerId; readonly round: number; readonly why: string }
  | { readonly type: "saved"; readonly round: number }
  | {
      readonly type: "unreadable";
      readonly round: number;
      readonly older: number | undefined;
      readonly why: string;
      readonly to: readonly PeerId[];
    }
  | { readonly type: "storage"; readonly stuck: readonly string[] }
  | { readonly type: "done"; readonly peer: PeerId; readonly report: RoundReport }
  | {
      readonly type: "heartbeat";
      readonly peer: PeerId;
      readonly hidden: boolean;
      readonly waitingFor: string;
      readonly chunks?: number | undefined;
      readonly round?: number;
      readonly awaits?: Awaits | undefined;
    }
  | { readonly type: "lost"; readonly peer: PeerId; readonly why: string }
  | { readonly type: "account"; readonly peer: PeerId; readonly inquiry: number; readonly account: Account }
  | { readonly type: "recomputed"; readonly peer: PeerId; readonly inquiry: number; readonly sums: readonly number[] }
  | { readonly type: "arbitrated"; readonly inquiry: number; readonly result: Arbitration }
  | { readonly type: "replayed"; readonly result: Replay }
  | { readonly type: "tick" };

/** The hash that a round ends with when everything is computed again, or why that is not known. */
export type Replay = { readonly hash: string } | { readonly failure: string };

/** The checksums of each contribution that the arbiter was asked about, or why there are none. */
export type Arbitration = { readonly sums: readonly (readonly number[])[] } | { readonly failure: string };

/** What the arbiter is to compute: contributions to a round, from the state that a peer shows and that has to have this hash. */
export interface Case {
  readonly inquiry: number;
  readonly round: number;
  readonly shownBy: PeerId;
  /** The journal's, of the round before; undefined for the initial state. */
  readonly stateHash: string | undefined;
  readonly slots: readonly (readonly number[])[];
  readonly key: ChecksumKey;
}

export interface RoundReport {
  readonly round: number;
  readonly hash: string;
  readonly metrics: RoundMetrics;
  /** Not known of rounds that a peer reports after it was away. */
  readonly timing?: RoundTiming;
}

/** What the outside has to do about a decision. */
export type Effect =
  | { readonly type: "send"; readonly to: readonly PeerId[]; readonly message: CoordinatorMessage }
  | { readonly type: "refuse"; readonly peer: PeerId; readonly reason: RefusalReason; readonly sentence: string }
  | { readonly type: "drop"; readonly peer: PeerId; readonly sentence: string }
  | { readonly type: "restore"; readonly to: readonly PeerId[]; readonly round: number }
  | { readonly type: "arbitrate"; readonly case: Case }
  | { readonly type: "replay"; readonly checkpoint: number | undefined; readonly through: number }
  | { readonly type: "commit"; readonly report: RoundReport; readonly view: number; readonly members: readonly PeerId[] };

/** Why, in a sentence with numbers; the dashboard shows it as it is. */
export interface Reason {
  readonly kind: "info" | "join" | "leave" | "warning" | "alarm" | "done";
  readonly text: string;
}

export interface Decision {
  readonly state: Membership;
  readonly effects: readonly Effect[];
  readonly reasons: readonly Reason[];
}

export interface MembershipOptions {
  readonly config: RunConfig;
  readonly run: number;
  readonly runName: string;
  readonly iceServers: readonly IceServer[];
  readonly minPeers: number;
  readonly maxPeers: number;
  /** A peer that was silent for so long is lost. */
  readonly silenceMs: number;
  /** How far ahead of the slowest member a permit reaches, as time. */
  readonly leaseMs: number;
  /** A checkpoint is asked for when the last one is so old. */
  readonly checkpointMs: number;
  /** The share of all contributions that somebody else computes again, 0 … 1. */
  readonly auditShare: number;
  /** Whoever knows it can foresee audits: it never leaves the coordinator. */
  readonly auditSecret: string;
}

export const emptyMembership: Membership = {
  phase: "waiting",
  nextPeer: 1,
  nextView: 1,
  peers: new Map(),
  views: [],
  linkedAcross: 0,
  permitted: -1,
  committed: 0,
  hashes: new Map(),
  selfTest: undefined,
  roundMs: 1000,
  lastCommitAt: 0,
  roundSince: 0,
  lastViewAt: 0,
  durations: [],
  checkpoint: undefined,
  lastCheckpointAt: 0,
  paused: undefined,
  saving: undefined,
  audits: noAudits,
  fork: undefined,
  standstill: undefined,
  rests: new Map(),
  distrustful: false,
};

export function peersAt(state: Membership, ...stages: readonly Stage[]): PeerState[] {
  const found: PeerState[] = [];
  for (const peer of state.peers.values()) if (stages.includes(peer.stage)) found.push(peer);
  return found;
}

export function withPeer(state: Membership, id: PeerId, change: Partial<PeerState>): Membership {
  const peer = state.peers.get(id);
  if (peer === undefined) return state;
  const peers = new Map<PeerId, PeerState>();
  for (const [other, known] of state.peers) peers.set(other, known); // without a pair for each of them, as `new Map(state.peers)` makes: this is done for every event
  return changed(state, { peers: peers.set(id, changedPeer(peer, change)) });
}

/** The word of two peers stands against each other; true when that is news. */
export function withDispute(state: Membership, a: PeerId, b: PeerId): { readonly state: Membership; readonly news: boolean } {
  const [first, second] = [state.peers.get(a), state.peers.get(b)];
  if (first === undefined || second === undefined || first.disputants.has(b)) return { state, news: false };
  const one = withPeer(state, a, { disputants: new Set(first.disputants).add(b) });
  return { state: withPeer(one, b, { disputants: new Set(second.disputants).add(a) }), news: true };
}

/** "Kite (peer 3)". */
export const nameOf = (peer: PeerState): string => `${peer.hello.name} (peer ${peer.id})`;

const none: readonly never[] = [];

export const unchanged = (state: Membership): Decision => ({ state, effects: none, reasons: none });

/** One decision after another, as one. */
export function followedBy(first: Decision, next: (state: Membership) => Decision): Decision {
  const second = next(first.state);
  return { state: second.state, effects: joined(first.effects, second.effects), reasons: joined(first.reasons, second.reasons) };
}

/** Most decisions bring nothing about. */
export const joined = <T>(first: readonly T[], second: readonly T[]): readonly T[] =>
  second.length === 0 ? first : first.length === 0 ? second : [...first, ...second];
