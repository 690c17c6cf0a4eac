import type { Awaits } from "../protocol/messages.ts";
import { describeRound } from "../protocol/rounds.ts";
import type { RunConfig } from "../protocol/runConfig.ts";
import { memberTest } from "../protocol/topology.ts";
import { type PeerId, slotsOf, viewFor } from "../protocol/view.ts";
import { changed } from "./changed.ts";
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
import { neighboursIn } from "./neighbours.ts";
import { withRest } from "./rests.ts";
import { type CurrentWait, rootWaits } from "./rootWaits.ts";
import { isHeldUp, rowRoots } from "./rowRoots.ts";
import { judgeLines } from "./slowLine.ts";
import { planView, repairViews } from "./views.ts";

/** So many heartbeats of each member are looked at. */
const REMEMBERED_WAITS = 12;

/** Whose line is slow owns no slices for so long. */
export const DISOWNED_MS = 10 * 60_000;

/** What a peer said about its own slices holds until its next heartbeat. */
const HEARTBEAT_MS = 1500;

/** An owner that says nothing about a round for so long is taken to be what is waited for: heartbeats come every second. */
const TELLING_MS = 2000;

type Heartbeat = Extract<MembershipEvent, { type: "heartbeat" }>;

/**
 * What a heartbeat shows of lines. While somebody still computes, nobody waits for a line. Whose reduced slices are missing may lack
 * contributions itself: then it is those that everyone waits for. When it has not said so about this round, nothing is known, for a while.
 */
export function noteWait(
  state: Membership,
  { peer: id, round, awaits }: Heartbeat,
  now: number,
  { config }: MembershipOptions,
): Membership {
  const peer = state.peers.get(id);
  const members = peersAt(state, "member");
  if (peer?.stage !== "member" || round === undefined || state.phase !== "running" || state.paused !== undefined) return state;
  const computing = members.some((member) => owesSlots(state, member, round, config) && !isHeldUp(member, round));
  const { contributions, sums, slices } = computing || awaits === undefined ? nobody : awaits;
  const kind = contributions.length > 0 ? "contributions" : sums.length > 0 ? "sums" : "slices";
  const noted = (lines: Wait["lines"], inRows = false): Membership => {
    const among = lines.filter((ends) => ends.every((end) => state.peers.get(end)?.stage === "member"));
    const said: Wait = { at: now, round, kind, arrived: awaits?.arrived ?? 0, lines: among, roots: among };
    const wait = inRows ? { ...said, roots: rowRoots(state, id, said) } : said;
    return withPeer(state, id, { waits: [...peer.waits, wait].slice(-REMEMBERED_WAITS) });
  };
  if (onTwoLevels(state))
    return noted(
      [...contributions, ...sums, ...slices].map((other) => [id, other]),
      true,
    );
  const ends = contributions.length > 0 ? contributions : slices;
  const roots = ends.map((end) => rootsOf(state, id, end, kind, round, now));
  const unclear = roots.some((lines) => lines === undefined);
  if (unclear && now - Math.max(state.roundSince, state.standstill?.at ?? 0) < TELLING_MS) return state;
  return noted(roots.flatMap((lines, i) => lines ?? [[id, ends[i] as PeerId] as const]));
}

/**
 * What a peer waits for when it waits for another one: the line between them, or what that one waits for itself. An owner may lack
 * contributions; who has not contributed may lack reduced slices of the round before. Undefined when it has not said so.
 */
function rootsOf(state: Membership, id: PeerId, end: PeerId, kind: Wait["kind"], round: number, now: number): Wait["lines"] | undefined {
  const other = state.peers.get(end);
  const behind = other !== undefined && kind === "contributions" && isHeldUp(other, round);
  if (kind === "contributions" && !behind) return [[id, end]];
  const last = lastWait(state, end, behind ? (other.round ?? 0) : round, now);
  if (behind) return last === undefined || last.lines.length === 0 ? undefined : last.lines;
  if (last === undefined && (other?.round ?? 0) <= round) return undefined;
  return last?.kind === "contributions" ? last.lines : [[id, end]];
}

const nobody: Omit<Awaits, "arrived"> = { contributions: [], sums: [], slices: [] };

const onTwoLevels = ({ views }: Membership): boolean => views.at(-1)?.seats !== undefined;

/** Whether it still computes: it holds slots of this round, and has not said that they are done. */
export function owesSlots(state: Membership, { id, computed }: PeerState, round: number, config: RunConfig): boolean {
  const view = computed < round ? viewFor(state.views, round) : undefined;
  return view !== undefined && slotsOf(view, id, describeRound(config, round).slots).length > 0;
}

/** Whether it has not ended a round that others have, and says that it waits for somebody; or may not have had the time to say so. */
export function waitsBehind(state: Membership, { round, waits }: PeerState, now: number): boolean {
  if ((round ?? 0) >= state.committed) return false;
  const last = waits.at(-1);
  return now - state.roundSince < HEARTBEAT_MS || (last !== undefined && now - last.at < HEARTBEAT_MS && last.lines.length > 0);
}

/** What a peer said last, if it was about this round, and not long ago. */
function lastWait(state: Membership, id: PeerId, round: number, now: number): Wait | undefined {
  const last = state.peers.get(id)?.waits.at(-1);
  return last?.round === round && now - last.at < HEARTBEAT_MS ? last : undefined;
}

/** The lines that each member says it waits for now, of the oldest rounds in progress, though everyone has computed them: those between members. */
export function currentWaits(state: Membership, members: readonly PeerState[], now: number): CurrentWait[] {
  const isMember = memberTest(members.map(({ id }) => id)); // somebody may be gone since
  const current = members.flatMap((peer) => {
    const wait = peer.waits.at(-1);
    if (wait === undefined || wait.round > state.committed || now - wait.at >= HEARTBEAT_MS) return [];
    const lines = wait.lines.filter((ends) => ends.every(isMember));
    return lines.length === 0 ? [] : [{ peer, wait: { ...wait, lines } }];
  });
  if (!onTwoLevels(state)) return current;
  const heard = memberTest(
    members.filter(({ waits }) => now - (waits.at(-1)?.at ?? Number.NEGATIVE_INFINITY) < HEARTBEAT_MS).map(({ id }) => id),
  );
  return rootWaits(current, heard);
}

/** Lines that the run waits for are spared, as far as it is faster then. */
export function spareSlowLines(state: Membership, now: number, options: MembershipOptions): Decision {
  if (state.phase !== "running") return unchanged(state);
  const own = ownAgain(state, now);
  const verdict = judgeLines(peersAt(own, "member"), own.durations, options.config, inRows(own, options));
  if (verdict === undefined) return unchanged(own);
  const { peers, reason } = verdict;
  const fresh = peersAt(own, "member").reduce((next, { id }) => withPeer(next, id, { waits: [] }), changed(own, { durations: [] }));
  const disowned = peers.reduce((next, { id }) => withPeer(next, id, { ownsAfter: now + DISOWNED_MS }), fresh);
  const observers = disowned.views.at(-1)?.observers ?? [];
  if (verdict.role === "member") return planView(disowned, observers, options, { kind: "warning", text: reason });
  const rested = peers.reduce((next, peer) => withRest(next, peer, now), disowned);
  const demoted = peers.reduce((next, { id }) => withPeer(next, id, { stage: "observer", backlog: undefined }), rested);
  return repairViews(demoted, { kind: "warning", text: reason });
}

/** Of a run on two levels: with how many members slices take their way between them and one of them. */
function inRows(state: Membership, { config }: MembershipOptions): ((peer: PeerState) => number) | undefined {
  if (!onTwoLevels(state)) return undefined;
  const view = viewFor(state.views, state.committed);
  const isMember = memberTest(peersAt(state, "member").map(({ id }) => id));
  return ({ id }) => {
    const neighbours = view === undefined ? [] : (neighboursIn(view, describeRound(config, state.committed).slots).get(id) ?? []);
    return [...neighbours].filter(isMember).length;
  };
}

function ownAgain(state: Membership, now: number): Membership {
  const due = peersAt(state, "member", "observer").filter(({ ownsAfter }) => ownsAfter > 0 && now >= ownsAfter);
  return due.reduce((next, { id }) => withPeer(next, id, { ownsAfter: 0, silentWith: new Set() }), state);
}
