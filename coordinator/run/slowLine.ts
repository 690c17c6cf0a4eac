import type { RunConfig } from "../protocol/runConfig.ts";
import type { PeerId } from "../protocol/view.ts";
import { leastMakespan } from "./assignment.ts";
import { nameOf, type PeerState, type Wait } from "./membership.ts";

type Lines = Readonly<NonNullable<Wait["roots"]>>;

/** From so many heartbeats of each member on something is decided; from so few on, what is plain. */
const LEAST_WAITS = 10;
const LEAST_PLAIN_WAITS = 5;

/** The latest rounds, from which it is told how long one takes. */
const LATEST_ROUNDS = 8;

/** What is decided has to leave at most so much of a round's time; what is plain, so much. */
const WORTHWHILE = 0.8;
const PLAIN = 0.6;

/** A round has to be so much shorter without a peer for it to follow: the others may then be faster than any line, and it may not return. */
const WITHOUT = 0.5;

/** Who owns slices sends and receives 2 − 2/P vectors each way, who owns none one; on two levels, where few peers are one of many, nearly 2. */
const SHARE_OF_OWNING = 1 / 3;
const SHARE_OF_SEAT = 1 / 2;

/** On two levels few of those with whom a peer exchanges slices may get to wait for it themselves: so many do not all have slow lines by chance. */
const ENDS_IN_ROWS = 3;

/** With less than this nothing can be gained that is worthwhile. */
const LEAST_SAVED = 1 - WORTHWHILE;

/** Of the lines of a peer those count as slow that are waited for at least so often as its slowest: the rest is chance. */
const LEAST_OF_SLOWEST = 0.3;

export interface LineVerdict {
  /** Whom it concerns: they own no slices from now on, and go on as this. */
  readonly peers: readonly PeerState[];
  readonly role: "member" | "observer";
  readonly reason: string;
}

/**
 * What lets the run be clearly faster, by what it waits for while nobody computes. A slow line between two members: neither owns slices
 * any more, so that nothing goes over it. A member's own slow line: it owns none; or it follows as an observer, if a round would be
 * shorter without it although the others compute its slots then. Undefined while nothing is worthwhile, or not known. Of two members it
 * cannot be told whose line is slow, and nothing is decided. On two levels, where it is told with how many a peer exchanges slices, who
 * owns none has no seat either, so that what it sends takes other ways.
 */
export function judgeLines(
  members: readonly PeerState[],
  durations: readonly number[],
  config: Pick<RunConfig, "slots" | "microBatch">,
  partnersInRows?: (peer: PeerState) => number,
): LineVerdict | undefined {
  const latest = durations.slice(-LATEST_ROUNDS);
  const counts = members.map(({ waits }) => waits.length);
  const known = partnersInRows === undefined ? Math.min(...counts) : counts.reduce((sum, count) => sum + count, 0) / counts.length;
  if (members.length < 3 || latest.length === 0 || known < LEAST_PLAIN_WAITS) return undefined;
  const enough = known < LEAST_WAITS ? PLAIN : WORTHWHILE;
  const roundMs = latest.reduce((sum, duration) => sum + duration, 0) / latest.length;
  const [peer, saved] = slowest(members);
  const ends = slowEnds(peer, members);
  if (ends.length === 0 || saved < LEAST_SAVED) return undefined;
  const partners = partnersInRows?.(peer) ?? members.length - 1;
  const own = 2 * ends.length > partners || (partnersInRows !== undefined && ends.length >= ENDS_IN_ROWS);
  const concerned = own ? [peer] : [peer, ...ends];
  const waited = `everyone had computed and waited for it in ${Math.round(100 * saved)} % of the time`;

  const othersOwn = members.some((member) => member.ownsAfter === 0 && !concerned.includes(member));
  const mayDisown = othersOwn && concerned.some(({ ownsAfter }) => ownsAfter === 0);
  const share = partnersInRows === undefined ? SHARE_OF_OWNING : SHARE_OF_SEAT;
  const disownedMs = mayDisown ? roundMs * (1 - saved * (own ? share : 1)) : roundMs;
  const others = members.filter((member) => member !== peer);
  const withoutMs = roundMs * (1 - saved) + computeMs(others, config) - computeMs(members, config);
  const takes = (ms: number): string => `a round takes about ${Math.round(ms)} ms instead of ${Math.round(roundMs)}`;

  if (own && withoutMs < WITHOUT * disownedMs) {
    const reason = `${nameOf(peer)} has a slow line: ${waited}; ${takes(withoutMs)} when it follows as an observer`;
    return { peers: [peer], role: "observer", reason };
  }
  if (disownedMs >= enough * roundMs) return undefined;
  const [none, either] = partnersInRows === undefined ? ["owns no slices", "owns slices"] : ["has no seat", "has a seat"];
  const names = concerned.map(nameOf).join(" and ");
  const reason = own
    ? `${names} has a slow line: ${waited}; ${takes(disownedMs)} when it ${none}`
    : `the line between ${names} is slow: ${waited}; ${takes(disownedMs)} when neither ${either}`;
  return { peers: concerned, role: "member", reason };
}

/** What these peers' heartbeats come down to where they waited, as far as that is known. */
const rootsOf = (members: readonly PeerState[]): Lines[] =>
  members.flatMap(({ waits }) => waits.flatMap(({ lines, roots }) => (lines.length === 0 || roots === undefined ? [] : [roots])));

/**
 * Without whose lines the members would wait least, and the share of the time that would be saved then. Waits of which it is not known what
 * they come down to are taken to be like the others.
 */
function slowest(members: readonly PeerState[]): readonly [PeerState, number] {
  const all = members.flatMap(({ waits }) => waits);
  const waiting = all.filter(({ lines }) => lines.length > 0).length / all.length;
  const roots = rootsOf(members);
  const alone = new Map<PeerId, number>();
  for (const peer of roots.flatMap(commonEnds)) alone.set(peer, (alone.get(peer) ?? 0) + 1);
  const shares = members.map((member) => [member, (waiting * (alone.get(member.id) ?? 0)) / Math.max(1, roots.length)] as const);
  return shares.reduce((best, share) => (share[1] > best[1] ? share : best));
}

/** The peers of which each of these lines is one: without them nothing would be waited for. */
function commonEnds([first, ...others]: Lines): readonly PeerId[] {
  return (first ?? []).filter((peer) => others.every((ends) => ends.includes(peer)));
}

/** The other ends of a peer's slow lines. */
function slowEnds({ id }: PeerState, members: readonly PeerState[]): PeerState[] {
  const times = new Map<PeerId, number>();
  for (const lines of rootsOf(members)) {
    const others = lines.flatMap(([a, b]) => (a === id ? [b] : b === id ? [a] : []));
    for (const other of new Set(others)) times.set(other, (times.get(other) ?? 0) + 1);
  }
  const least = Math.max(1, LEAST_OF_SLOWEST * Math.max(0, ...times.values()));
  return members.filter((member) => member.id !== id && (times.get(member.id) ?? 0) >= least);
}

/** How long the members compute in a round, slots being shared out as well as can be. */
export const computeMs = (members: readonly PeerState[], { slots, microBatch }: Pick<RunConfig, "slots" | "microBatch">): number =>
  1000 * microBatch * leastMakespan(slots, members);
