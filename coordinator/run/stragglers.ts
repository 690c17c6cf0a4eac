import { median } from "../protocol/median.ts";
import { describeRound } from "../protocol/rounds.ts";
import { owesSlots, waitsBehind } from "./lines.ts";
import {
  type Decision,
  type Membership,
  type MembershipOptions,
  nameOf,
  type PeerState,
  peersAt,
  unchanged,
  withPeer,
} from "./membership.ts";
import { endStandstill } from "./standstill.ts";
import { heldSlots, repairViews } from "./views.ts";

/** How late is too late: beyond the median of the last rounds by so many median deviations, and never before this. */
const DEVIATIONS = 4;
const LEAST_PATIENCE_MS = 500;

/** So many rounds must be known before anybody is called late who is not silent. */
const LEAST_ROUNDS = 5;

/** A tab speaks every second, from a worker; whoever is silent for so long is frozen or cut off. */
const SILENT_MS = 3500;

/** A peer that was late takes part again after this time, twice as long each further time. */
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Members who keep the others waiting: their slots and slices are given to others within the round, before anyone is declared dead.
 * They go on as observers; what they still send counts if it comes first; when they are level again they become members again.
 */
export function demoteLate(state: Membership, now: number, options: MembershipOptions): Decision {
  const members = peersAt(state, "member");
  if (state.phase !== "running" || members.length < 2) return unchanged(state);
  const waited = now - state.roundSince;
  const patience = patienceMs(state, options);
  if (waited < patience) return unchanged(state);
  const due = Math.min(state.committed, state.permitted); // who waits for a permit is not late: it waits for the one who is
  const known = state.durations.length >= LEAST_ROUNDS;
  const late = members.filter((peer) => (known && isLate(state, peer, due, now, options)) || now - peer.lastSeenAt > SILENT_MS);
  if (late.length === 0) return endStandstill(state, { waited, patience: known ? patience : Number.POSITIVE_INFINITY }, now, options);
  if (late.length === members.length) return unchanged(state);
  const next = late.reduce((demoted, peer) => withPeer(demoted, peer.id, { stage: "observer", ...pause(peer, now) }), state);
  const slots = heldSlots(state.views, late);
  const text = `${late.map(nameOf).join(", ")} ${late.length === 1 ? "is" : "are"} late in round ${state.committed}: ${Math.round(waited)} ms instead of at most ${Math.round(patience)}; others compute the ${slots} slots too`;
  return repairViews(next, { kind: "warning", text });
}

/** It computes, or does not get on: not who waits for slices of a round that others have ended. */
function isLate(state: Membership, peer: PeerState, due: number, now: number, { config }: MembershipOptions): boolean {
  return (peer.round ?? 0) < due ? peer.computed < due && !waitsBehind(state, peer, now) : owesSlots(state, peer, due, config);
}

function pause({ timesLate }: PeerState, now: number): Pick<PeerState, "timesLate" | "mayReturnAt"> {
  return { timesLate: timesLate + 1, mayReturnAt: now + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** timesLate) };
}

/** Median + 4 median absolute deviations of the latest rounds, in proportion to the images of this one. */
function patienceMs(state: Membership, { config }: Pick<MembershipOptions, "config">): number {
  const usual = median(state.durations);
  const deviation = median(state.durations.map((duration) => Math.abs(duration - usual)));
  const { kind } = describeRound(config, state.committed);
  const size = kind === "evaluate" ? Math.max(1, config.dataset.testRecords / (config.slots * config.microBatch)) : 1;
  return size * Math.max(LEAST_PATIENCE_MS, 2 * usual, usual + DEVIATIONS * deviation);
}
