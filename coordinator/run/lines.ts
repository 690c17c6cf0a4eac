import type { PeerId } from "../protocol/view.ts";
import {
  type Decision,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
  type PeerState,
  peersAt,
  unchanged,
  type Wait,
  withPeer,
} from "./membership.ts";
import { withRest } from "./rests.ts";
import { judgeLines } from "./slowLine.ts";
import { planView, repairViews } from "./views.ts";

/** So many heartbeats of each member are looked at. */
const REMEMBERED_WAITS = 12;

/** Whose line is slow owns no slices for so long. */
const DISOWNED_MS = 10 * 60_000;

/** What a peer said about its own slices holds until its next heartbeat. */
const HEARTBEAT_MS = 1500;

type Heartbeat = Extract<MembershipEvent, { type: "heartbeat" }>;

/**
 * What a heartbeat shows of lines. While somebody still computes, nobody waits for a line. Whose reduced slices are missing may lack
 * contributions itself: then it is those that everyone waits for. When it has not said so about this round, nothing is known.
 */
export function noteWait(state: Membership, { peer: id, round, awaits }: Heartbeat, now: number): Membership {
  const peer = state.peers.get(id);
  const members = peersAt(state, "member");
  if (peer?.stage !== "member" || round === undefined || state.phase !== "running" || state.paused !== undefined) return state;
  const computing = members.some(({ computed }) => computed < round);
  const { contributions, slices } = computing || awaits === undefined ? { contributions: [], slices: [] } : awaits;
  const told = slices.map((owner) => ({ owner, last: lastWait(state, owner, round, now) }));
  if (contributions.length === 0 && told.some(({ last }) => last === undefined)) return state;
  const direct = contributions.map((other) => [id, other] as const);
  const lines = [...direct, ...told.flatMap(({ owner, last }) => (last?.lacks ? last.lines : [[id, owner] as const]))];
  const among = lines.filter((ends) => ends.every((end) => state.peers.get(end)?.stage === "member"));
  const wait: Wait = { at: now, round, lacks: contributions.length > 0, lines: among };
  return withPeer(state, id, { waits: [...peer.waits, wait].slice(-REMEMBERED_WAITS) });
}

/** What a peer said last, if it was about this round, and not long ago. */
function lastWait(state: Membership, id: PeerId, round: number, now: number): Wait | undefined {
  const last = state.peers.get(id)?.waits.at(-1);
  return last?.round === round && now - last.at < HEARTBEAT_MS ? last : undefined;
}

/** Members whose lines to more than half of the others are waited for now, though everyone has computed the round. */
export function awaitedByMost(state: Membership, members: readonly PeerState[], now: number): PeerState[] {
  if (members.length < 3) return [];
  const lines = members.flatMap(({ id }) => lastWait(state, id, state.committed, now)?.lines ?? []);
  const ends = ({ id }: PeerState) => new Set(lines.flatMap(([a, b]) => (a === id ? [b] : b === id ? [a] : [])));
  return members.filter((peer) => 2 * ends(peer).size > members.length - 1);
}

/** Lines that the run waits for are spared, as far as it is faster then. */
export function spareSlowLines(state: Membership, now: number, options: MembershipOptions): Decision {
  if (state.phase !== "running" || state.views.at(-1)?.seats !== undefined) return unchanged(state);
  const own = ownAgain(state, now);
  const verdict = judgeLines(peersAt(own, "member"), own.durations, options.config);
  if (verdict === undefined) return unchanged(own);
  const { peers, reason } = verdict;
  const fresh = peersAt(own, "member").reduce((next, { id }) => withPeer(next, id, { waits: [] }), { ...own, durations: [] } as Membership);
  const disowned = peers.reduce((next, { id }) => withPeer(next, id, { ownsAfter: now + DISOWNED_MS }), fresh);
  const observers = disowned.views.at(-1)?.observers ?? [];
  if (verdict.role === "member") return planView(disowned, observers, options, { kind: "warning", text: reason });
  const rested = peers.reduce((next, peer) => withRest(next, peer, now), disowned);
  const demoted = peers.reduce((next, { id }) => withPeer(next, id, { stage: "observer", backlog: undefined }), rested);
  return repairViews(demoted, { kind: "warning", text: reason });
}

function ownAgain(state: Membership, now: number): Membership {
  const due = peersAt(state, "member", "observer").filter(({ ownsAfter }) => ownsAfter > 0 && now >= ownsAfter);
  return due.reduce((next, { id }) => withPeer(next, id, { ownsAfter: 0 }), state);
}
