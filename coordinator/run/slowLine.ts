import type { RunConfig } from "../protocol/runConfig.ts";
import { leastMakespan } from "./assignment.ts";
import { nameOf, type PeerState } from "./membership.ts";

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

/** Who owns slices sends and receives 2 − 2/P vectors each way, who owns none one. */
const SHARE_OF_OWNING = 1 / 3;

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
 * cannot be told whose line is slow, and nothing is decided.
 */
export function judgeLines(
  members: readonly PeerState[],
  durations: readonly number[],
  config: Pick<RunConfig, "slots" | "microBatch">,
): LineVerdict | undefined {
  const latest = durations.slice(-LATEST_ROUNDS);
  const known = Math.min(...members.map(({ waits }) => waits.length));
  if (members.length < 3 || latest.length === 0 || known < LEAST_PLAIN_WAITS) return undefined;
  const enough = known < LEAST_WAITS ? PLAIN : WORTHWHILE;
  const roundMs = latest.reduce((sum, duration) => sum + duration, 0) / latest.length;
  const [peer, saved] = slowest(members);
  const ends = slowEnds(peer, members);
  if (ends.length === 0) return undefined;
  const own = 2 * ends.length > members.length - 1;
  const concerned = own ? [peer] : [peer, ...ends];
  const waited = `everyone had computed and waited for it in ${Math.round(100 * saved)} % of the time`;

  const othersOwn = members.some((member) => member.ownsAfter === 0 && !concerned.includes(member));
  const mayDisown = othersOwn && concerned.some(({ ownsAfter }) => ownsAfter === 0);
  const disownedMs = mayDisown ? roundMs * (1 - saved * (own ? SHARE_OF_OWNING : 1)) : roundMs;
  const others = members.filter((member) => member !== peer);
  const withoutMs = roundMs * (1 - saved) + computeMs(others, config) - computeMs(members, config);
  const takes = (ms: number): string => `a round takes about ${Math.round(ms)} ms instead of ${Math.round(roundMs)}`;

  if (own && withoutMs < WITHOUT * disownedMs) {
    const reason = `${nameOf(peer)} has a slow line: ${waited}; ${takes(withoutMs)} when it follows as an observer`;
    return { peers: [peer], role: "observer", reason };
  }
  if (disownedMs >= enough * roundMs) return undefined;
  const names = concerned.map(nameOf).join(" and ");
  const reason = own
    ? `${names} has a slow line: ${waited}; ${takes(disownedMs)} when it owns no slices`
    : `the line between ${names} is slow: ${waited}; ${takes(disownedMs)} when neither owns slices`;
  return { peers: concerned, role: "member", reason };
}

/** Without whose lines the members would wait least, and the share of the time that would be saved then. */
function slowest(members: readonly PeerState[]): readonly [PeerState, number] {
  const waits = members.flatMap((member) => member.waits.map(({ lines }) => lines));
  const any = waits.filter((lines) => lines.length > 0).length;
  const shares = members.map((member) => {
    const elsewhere = waits.filter((lines) => lines.some((ends) => !ends.includes(member.id))).length;
    return [member, (any - elsewhere) / waits.length] as const;
  });
  return shares.reduce((best, share) => (share[1] > best[1] ? share : best));
}

/** The other ends of a peer's slow lines. */
function slowEnds({ id }: PeerState, members: readonly PeerState[]): PeerState[] {
  const waits = members.flatMap((member) => member.waits.map(({ lines }) => lines));
  const count = (other: PeerState) => waits.filter((lines) => lines.some((ends) => ends.includes(id) && ends.includes(other.id))).length;
  const counts = new Map(members.filter((member) => member.id !== id).map((member) => [member, count(member)]));
  const least = Math.max(1, LEAST_OF_SLOWEST * Math.max(...counts.values()));
  return [...counts].filter(([, times]) => times >= least).map(([member]) => member);
}

/** How long the members compute in a round, slots being shared out as well as can be. */
export const computeMs = (members: readonly PeerState[], { slots, microBatch }: Pick<RunConfig, "slots" | "microBatch">): number =>
  1000 * microBatch * leastMakespan(slots, members);
