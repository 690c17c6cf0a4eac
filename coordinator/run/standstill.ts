import { describeRound } from "../protocol/rounds.ts";
import { type PeerId, viewFor } from "../protocol/view.ts";
import { changed } from "./changed.ts";
import { currentWaits, DISOWNED_MS, owesSlots } from "./lines.ts";
import {
  type Decision,
  type Membership,
  type MembershipOptions,
  nameOf,
  type PeerState,
  peersAt,
  unchanged,
  type Wait,
  withPeer,
} from "./membership.ts";
import { neighboursIn } from "./neighbours.ts";
import { withPauseOrRest } from "./rests.ts";
import type { CurrentWait } from "./rootWaits.ts";
import { computeMs } from "./slowLine.ts";
import { heldSlots, repairViews } from "./views.ts";

/** A round that stands still for so long, and twice the time that computing takes, is repaired on little evidence: heartbeats come every second. */
const STANDSTILL_MS = 4000;

/** After a repair it takes two heartbeats to know whether it has helped: one that says what is waited for, one that says it about what that waits for. */
const LOOK_AGAIN_MS = 2500;

/** Nothing new of a round has come to a peer for so long: three heartbeats say the same. */
const NOTHING_COMES_MS = 1800;

/** A round of which nobody says whom it waits for is told of when it has stood still for so long, and again after as long. */
const UNEXPLAINED_MS = 30_000;

/** Who is waited for again, by others, after lines to it were given up, is mute when these are so many altogether. */
const ENDS_AGAIN = 3;

/** So many peers are named in one sentence. */
const MOST_NAMED = 5;

export interface Waiting {
  /** Since the round in progress could be worked on. */
  readonly waited: number;
  /** How long a round may take, by those before it; infinite while there are too few. */
  readonly patience: number;
}

/**
 * Everyone says that it has computed the round, and still it does not end: somebody's contributions or reduced slices do not arrive, on
 * purpose or not. Whose lines to more than half of the others are waited for, now or before, follows, and rests. A line between two
 * is given up: neither sums up slices any more, from the round in progress on. Of two members nobody can tell which of them it is.
 * When nobody says whom it waits for, an alarm says that.
 */
export function endStandstill(state: Membership, { waited, patience }: Waiting, now: number, options: MembershipOptions): Decision {
  const members = peersAt(state, "member");
  const said = currentWaits(state, members, now);
  const waits = stillWaits(said, now);
  const computing = 2 * computeMs(members, options.config);
  const long = waited >= STANDSTILL_MS + computing;
  if (said.length === 0 && waited >= UNEXPLAINED_MS + computing) return tellOfUnexplained(state, members, waited, now, options);
  const recent = state.standstill !== undefined && now - state.standstill.at < LOOK_AGAIN_MS;
  if (waits.length === 0 || recent || (!long && waited < patience)) return unchanged(state);
  if (members.length === 2) return long ? tellOfTwo(state, members, waits, waited, now) : unchanged(state);
  const lines = eachOnce(waits.flatMap(({ wait }) => wait.lines));
  const isTooMany = tooManyEnds(state, members, options);
  const mute = members.filter((peer) => isTooMany(peer, silentEnds(peer, lines, members).size));
  if (mute.length === members.length) return unchanged(state);
  if (mute.length > 0) return restMute(looked(state, now), mute, waited, now);
  return long ? giveUp(looked(state, now), lines, waited, now) : unchanged(state);
}

/** Waits for lines on which nothing has come for a while. A slow line carries something: it is not this rule's business. */
function stillWaits(waits: readonly CurrentWait[], now: number): readonly CurrentWait[] {
  const still = waits.filter(({ peer, wait }) => !mayBeArriving(peer, wait, now));
  const alive = new Set(waits.filter((current) => !still.includes(current)).flatMap(({ wait }) => wait.lines.map(nameOfLine)));
  return still.flatMap(({ peer, wait }) => {
    const lines = wait.lines.filter((ends) => !alive.has(nameOfLine(ends)));
    return lines.length === 0 ? [] : [{ peer, wait: { ...wait, lines } }];
  });
}

/** Whether pieces of the round have come to a peer lately, or it has not said for long enough that none have. */
function mayBeArriving({ waits }: PeerState, { round, arrived }: Wait, now: number): boolean {
  return !waits.some(
    (earlier) => earlier.round === round && earlier.lines.length > 0 && earlier.arrived === arrived && now - earlier.at >= NOTHING_COMES_MS,
  );
}

/** What heartbeats said before a repair does not count after it. */
function looked(state: Membership, now: number): Membership {
  const fresh: Membership = changed(state, { standstill: { round: state.committed, at: now } });
  return peersAt(state, "member").reduce((next, { id }) => withPeer(next, id, { waits: [] }), fresh);
}

type Lines = Wait["lines"];

const nameOfLine = ([a, b]: Lines[number]): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

const eachOnce = (lines: Lines): Lines => [...new Map(lines.map((ends) => [nameOfLine(ends), ends])).values()];

/**
 * Whether so many silent ends make a peer the one that is mute: more than half of those with whom it exchanges slices, who are all, or on
 * two levels those next to it on the ways of slices. There the slices of one whose lines were given up go other ways, to other
 * peers: when these wait for it as well, it is the one from three on.
 */
function tooManyEnds(
  state: Membership,
  members: readonly PeerState[],
  { config }: MembershipOptions,
): (peer: PeerState, ends: number) => boolean {
  const view = viewFor(state.views, state.committed);
  if (view?.seats === undefined) return (_, ends) => 2 * ends > members.length - 1;
  const neighbours = neighboursIn(view, describeRound(config, state.committed).slots);
  return ({ id, silentWith }, ends) => {
    const partners = members.filter((member) => neighbours.get(id)?.has(member.id)).length;
    return 2 * ends > partners || (silentWith.size > 0 && ends >= ENDS_AGAIN);
  };
}

/** The members to which a peer's lines are waited for, now or before; none when none of them is now. */
function silentEnds({ id, silentWith }: PeerState, lines: Lines, members: readonly PeerState[]): ReadonlySet<PeerId> {
  const current = lines.flatMap(([a, b]) => (a === id ? [b] : b === id ? [a] : []));
  if (current.length === 0) return new Set();
  return new Set([...current, ...members.map((member) => member.id).filter((member) => silentWith.has(member))]);
}

function restMute(state: Membership, mute: readonly PeerState[], waited: number, now: number): Decision {
  const rested = mute.reduce((next, peer) => withPauseOrRest(next, peer, now), state);
  const next = mute.reduce((demoted, { id }) => withPeer(demoted, id, { stage: "observer", backlog: undefined }), rested);
  const [names, are, they] = [mute.map(nameOf).join(", "), mute.length === 1 ? "is" : "are", mute.length === 1 ? "it has" : "they have"];
  const text = `${names} ${are} late in round ${state.committed}: what ${they} computed does not arrive at more than half of those it exchanges slices with, who have waited for ${Math.round(waited)} ms; others compute the ${heldSlots(state.views, mute)} slots too`;
  return repairViews(next, { kind: "warning", text });
}

/** One word against another: neither owns what the other contributes to, or is sent what the other owns. */
function giveUp(state: Membership, lines: Lines, waited: number, now: number): Decision {
  const next = lines
    .flatMap(([a, b]) => [[a, b] as const, [b, a] as const])
    .reduce((before, [id, other]) => {
      const silentWith = new Set(before.peers.get(id)?.silentWith).add(other);
      return withPeer(before, id, { silentWith, ownsAfter: now + DISOWNED_MS });
    }, state);
  const pairs = lines.map((ends) => ends.map((id) => nameOf(state.peers.get(id) as PeerState)).join(" and ")).join("; ");
  const text = `round ${state.committed} stood still for ${seconds(waited)} s, as nothing comes between ${pairs}: neither sums up slices for ${Math.round(DISOWNED_MS / 60_000)} minutes`;
  return repairViews(next, { kind: "warning", text });
}

/** Once a round. */
function tellOfTwo(state: Membership, members: readonly PeerState[], waits: readonly CurrentWait[], waited: number, now: number): Decision {
  if (state.standstill?.round === state.committed) return unchanged(state);
  const sentences = waits.map(({ peer, wait }) => {
    const other = members.find((member) => member !== peer) as PeerState;
    return `${nameOf(peer)} waits for ${wait.kind === "contributions" ? "the contribution" : "reduced slices"} of ${nameOf(other)}`;
  });
  const text = `round ${state.committed} has stood still for ${seconds(waited)} s: ${sentences.join(", and ")}; both say that they have computed it, and of two peers nobody can tell whose line it is`;
  return { state: changed(state, { standstill: { round: state.committed, at: now } }), effects: [], reasons: [{ kind: "alarm", text }] };
}

/** Everyone has computed the round, it may be ended, and nothing that anybody says explains why it is not. */
function tellOfUnexplained(
  state: Membership,
  members: readonly PeerState[],
  waited: number,
  now: number,
  { config }: MembershipOptions,
): Decision {
  const { committed, permitted, standstill } = state;
  const told = standstill !== undefined && now - standstill.at < UNEXPLAINED_MS;
  if (told || committed > permitted || members.some((member) => owesSlots(state, member, committed, config))) return unchanged(state);
  const within = members.filter(({ round }) => (round ?? 0) <= committed);
  const [named, more] = [within.slice(0, MOST_NAMED).map(nameOf).join(", "), within.length - MOST_NAMED];
  const who = more > 0 ? `${named} and ${more} more have` : `${named} ${within.length === 1 ? "has" : "have"}`;
  const text = `round ${committed} has stood still for ${seconds(waited)} s: everyone says that it is computed, but ${who} not ended it, and nobody says whom it waits for`;
  return { state: changed(state, { standstill: { round: committed, at: now } }), effects: [], reasons: [{ kind: "alarm", text }] };
}

const seconds = (milliseconds: number): number => Math.round(milliseconds / 1000);
