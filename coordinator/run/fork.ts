import type { PeerId } from "../protocol/view.ts";
import { changed } from "./changed.ts";
import {
  type Decision,
  type Effect,
  type Fork,
  followedBy,
  type Membership,
  type MembershipOptions,
  nameOf,
  type PeerState,
  peersAt,
  type Replay,
  type RoundReport,
  unchanged,
  withPeer,
} from "./membership.ts";
import { commit } from "./progress.ts";

/** Members are a round apart at most: who has not voted by then is not waited for. */
const VOTING_MS = 5000;

/** The arbiter computes again what all members computed since the checkpoint. */
const REPLAY_MS = 15 * 60_000;

/**
 * A member ended a round with other bits than the one that reported first. While no hash has more than half of the members, nobody knows
 * who is right: it is neither dropped nor believed. False when the committed hash has enough of them, or stands in the journal from before.
 */
export function forks(state: Membership, peer: PeerState, { round, hash }: RoundReport): boolean {
  const expected = state.hashes.get(round);
  if (peer.stage !== "member" || expected === undefined || expected === hash || round !== peer.round) return false;
  if (state.fork !== undefined) return state.fork.round === round;
  const members = peersAt(state, "member");
  const agreeing = members.filter((other) => (other.round ?? 0) > round).length;
  return agreeing > 0 && 2 * agreeing <= members.length;
}

/** Takes note of what a member says that is on the other branch. */
export function branch(state: Membership, peer: PeerState, report: RoundReport, now: number): Decision {
  const fork: Fork = state.fork ?? { round: report.round, stage: "voting", since: now, others: new Map() };
  const others = new Map(fork.others).set(peer.id, [...(fork.others.get(peer.id) ?? []), report]);
  const text = `${nameOf(peer)} ended round ${report.round} with ${report.hash}, the first that reported it with ${state.hashes.get(report.round)}: what most members have will count`;
  const news = state.fork?.others.has(peer.id) ? [] : [{ kind: "warning" as const, text }];
  return { state: changed(state, { fork: { ...fork, others } }), effects: [], reasons: news };
}

/** What more than half of the members have counts; if nothing has, what the arbiter finds. */
export function settleFork(state: Membership, now: number, options: MembershipOptions): Decision {
  const { fork } = state;
  if (fork === undefined) return unchanged(state);
  const others = new Map([...fork.others].filter(([id]) => state.peers.get(id)?.stage === "member"));
  if (others.size === 0) return unchanged(changed(state, { fork: undefined }));
  const known: Membership = changed(state, { fork: { ...fork, others } });
  const members = peersAt(known, "member");
  const votes = members.flatMap((peer) => voteOf(known, peer) ?? []);
  const winner = votes.find((hash) => 2 * votes.filter((other) => other === hash).length > members.length);
  if (winner !== undefined) return decide(known, winner, "as most members have it", now, options);
  if (fork.stage === "replaying")
    return now - fork.since > REPLAY_MS
      ? beginAgain(known, `nobody could compute it within ${REPLAY_MS / 60_000} minutes`)
      : unchanged(known);
  if (votes.length < members.length && now - fork.since <= VOTING_MS) return unchanged(known);
  const text = `round ${fork.round} ended with other bits at as many members on either side: the coordinator computes everything since ${sinceWhen(state)} again; no further rounds are permitted until it knows`;
  return {
    state: { ...known, fork: { ...fork, others, stage: "replaying", since: now } },
    effects: [{ type: "replay", checkpoint: state.checkpoint, through: fork.round }],
    reasons: [{ kind: "alarm", text }],
  };
}

/** The arbiter has computed the round again, or could not. */
export function replayed(state: Membership, result: Replay, now: number, options: MembershipOptions): Decision {
  if (state.fork?.stage !== "replaying") return unchanged(state);
  if ("failure" in result) return beginAgain(state, result.failure);
  const right = peersAt(state, "member").some((peer) => voteOf(state, peer) === result.hash);
  if (!right) return beginAgain(state, `computed again it ends with ${result.hash}, which no member has`);
  return decide(state, result.hash, "as the coordinator computed it", now, options);
}

/** The hash that a member has for the fork's round; undefined while it has not done it. */
function voteOf({ fork, hashes }: Membership, { id, round }: PeerState): string | undefined {
  if (fork === undefined) return undefined;
  const other = fork.others.get(id)?.[0]?.hash;
  return other ?? ((round ?? 0) > fork.round ? hashes.get(fork.round) : undefined);
}

/** Whoever has other bits has to join again. If those were committed, the journal is put right. */
function decide(state: Membership, winner: string, why: string, now: number, options: MembershipOptions): Decision {
  const fork = state.fork as Fork;
  const wrong = peersAt(state, "member").filter((peer) => (voteOf(state, peer) ?? winner) !== winner);
  const drops: Effect[] = wrong.map((peer) => {
    const sentence = `${nameOf(peer)} ended round ${fork.round} with ${voteOf(state, peer)}, the run with ${winner}`;
    return { type: "drop", peer: peer.id, sentence };
  });
  const text = `round ${fork.round} ends with ${winner}, ${why}: ${wrong.map(nameOf).join(", ")} ${wrong.length === 1 ? "has" : "have"} to join again`;
  const settled: Decision = { state: changed(state, { fork: undefined }), effects: drops, reasons: [{ kind: "alarm", text }] };
  if (state.hashes.get(fork.round) === winner) return settled;
  const [first] = [...fork.others.values()].flatMap(([report]) => (report?.hash === winner ? [report] : []));
  const unheard = wrong.reduce((next, { id }) => withPeer(next, id, { hash: undefined }), settled.state);
  const back = { ...settled, state: retracted(unheard, fork.round) };
  const corrected = followedBy(back, (next) => commit(next, first as RoundReport, now, options));
  const right = [...fork.others].filter(([, reports]) => reports[0]?.hash === winner);
  return right.reduce((decision, [id, reports]) => followedBy(decision, (next) => advanced(next, id, reports, now, options)), corrected);
}

/** Its reports since the fork count after all. */
function advanced(state: Membership, id: PeerId, reports: readonly RoundReport[], now: number, options: MembershipOptions): Decision {
  const count = (before: Membership, report: RoundReport): Decision => {
    const next = withPeer(before, id, { round: report.round + 1, hash: report.hash, computed: report.round, reportedAt: now });
    return report.round === next.committed ? commit(next, report, now, options) : unchanged(next);
  };
  return reports.reduce((decision, report) => followedBy(decision, (next) => count(next, report)), unchanged(state));
}

/** Rounds from this one on are not committed any more: the next line of the journal takes their place. */
function retracted(state: Membership, round: number): Membership {
  return changed(state, { committed: round, hashes: new Map([...state.hashes].filter(([known]) => known < round)) });
}

/** Nobody knows who is right: everything since the checkpoint is done again, and what anybody has of it counts for nothing. */
function beginAgain(state: Membership, why: string): Decision {
  const { round } = state.fork as Fork;
  const text = `nobody knows who is right about round ${round}: ${why}; the run begins again from ${sinceWhen(state)}`;
  const drops: Effect[] = peersAt(state, "member", "observer").map((peer) => {
    const sentence = `${nameOf(peer)} has to begin again from ${sinceWhen(state)}, for nobody knows who is right about round ${round}`;
    return { type: "drop", peer: peer.id, sentence };
  });
  const next: Membership = { ...retracted(state, state.checkpoint ?? 0), fork: undefined, distrustful: true };
  return { state: next, effects: drops, reasons: [{ kind: "alarm", text }] };
}

const sinceWhen = ({ checkpoint }: Membership): string => (checkpoint === undefined ? "step 0" : `the checkpoint of round ${checkpoint}`);
