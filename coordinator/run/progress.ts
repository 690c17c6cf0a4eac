import { describeRound, roundCount } from "../protocol/rounds.ts";
import { MAX_LEASE_ROUNDS, type PeerId, type View } from "../protocol/view.ts";
import { leastMakespan, makespan, shortestMakespan } from "./assignment.ts";
import { orderAudits } from "./auditOrders.ts";
import { changed } from "./changed.ts";
import { hashesFor, waitingObservers } from "./donors.ts";
import { branch, forks, settleFork } from "./fork.ts";
import { inquire } from "./inquiries.ts";
import { inTurn, type TimedDecision } from "./inTurn.ts";
import {
  type Decision,
  type Effect,
  followedBy,
  type Membership,
  type MembershipOptions,
  nameOf,
  type PeerState,
  peersAt,
  type RoundReport,
  unchanged,
  withPeer,
} from "./membership.ts";
import { moveUp } from "./oneRow.ts";
import { linkAcross } from "./seating.ts";
import { effectiveViews, planView } from "./views.ts";

/** A permit reaches at least one round beyond those in progress, so that nobody waits for the coordinator. */
const MIN_LEASE_ROUNDS = 2;

/** Slots are shared out anew when that makes a step so much faster, and not more often than this. */
const REBALANCE_GAIN = 1.15;
const REBALANCE_INTERVAL_MS = 15_000;

/** Unless a step would be twice as fast: then soon. */
const URGENT_GAIN = 2;
const URGENT_INTERVAL_MS = 1000;

/** A peer that was too slow for a single slot gets one again after this time: it may be fast by now, and would never show it. */
const PROBE_INTERVAL_MS = 15_000;

/** Who was asked for a checkpoint has so many times the usual interval for it. */
const SAVING_INTERVALS = 4;

/** Nobody can report a round older than this: permits do not reach so far. */
const REMEMBERED_ROUNDS = 4 * MAX_LEASE_ROUNDS;

/** From so many the usual time of a round is told. */
const REMEMBERED_DURATIONS = 32;

/** Weight of the newest measurement in a running mean. */
const SMOOTHING = 0.1;

/** Beyond this factor it is no noise: the peer has become another one (its tab was hidden, its machine has other work). */
const CHANGE = 2;
const CHANGE_SMOOTHING = 0.5;

/** A peer has applied a round, and these are its bits. */
export function done(state: Membership, id: PeerId, report: RoundReport, now: number, options: MembershipOptions): Decision {
  const peer = state.peers.get(id);
  if (peer === undefined || (peer.stage !== "member" && peer.stage !== "observer"))
    return unchanged(withPeer(state, id, { lastSeenAt: now }));
  if (state.fork?.others.has(id) || forks(state, peer, report))
    return followedBy(branch(withPeer(state, id, { lastSeenAt: now }), peer, report, now), (next) =>
      inTurn(next, afterReport, now, options),
    );
  const wrong = contradiction(state, peer, report);
  if (wrong !== undefined) {
    const sentence = `${nameOf(peer)} ${wrong}`;
    const reasons = [{ kind: "alarm" as const, text: `${sentence}: it has to join again` }];
    return { state, effects: [{ type: "drop", peer: id, sentence }], reasons };
  }
  const measured = withPeer(state, id, {
    round: report.round + 1,
    hash: report.hash,
    computed: Math.max(peer.computed, report.round),
    ...measuredSpeed(peer, report, now, options),
    bytesSent: peer.bytesSent + (report.timing?.bytesSent ?? 0),
    reportedAt: now,
    lastSeenAt: now,
  });
  const first = report.round === state.committed && peer.stage === "member";
  const committed = first
    ? followedBy(commit(measured, report, now, options), (next) => inquire(next, report, now, options))
    : unchanged(measured);
  return followedBy(committed, (next) => inTurn(next, afterReport, now, options));
}

/** What a report cannot say. An observer may be a round ahead of the journal: its hash is compared when a member has done the round. */
function contradiction(state: Membership, peer: PeerState, { round, hash }: RoundReport): string | undefined {
  const expected = state.hashes.get(round);
  if (expected !== undefined && expected !== hash) return `ended round ${round} with ${hash}, the run with ${expected}`;
  if (round > state.committed && peer.stage === "member")
    return `reported round ${round}, of which the run is not sure yet: ${state.committed} are committed`;
  return peer.round !== undefined && round !== peer.round ? `reported round ${round} instead of ${peer.round}` : undefined;
}

/** What may be due whenever somebody got on, or is gone: the next permits, roles, shares; or the end of the run. */
export function proceed(state: Membership, now: number, options: MembershipOptions): Decision {
  return inTurn(state, whatMayBeDue, now, options);
}

/** From training alone: an evaluation goes forward only, several times as fast, and peers do unlike shares of it. */
function measuredSpeed(
  { imagesPerSecond: known }: PeerState,
  { round, timing }: RoundReport,
  now: number,
  { config }: Pick<MembershipOptions, "config">,
): Partial<Pick<PeerState, "imagesPerSecond" | "measuredAt">> {
  if (timing === undefined || timing.images === 0 || timing.computeMs <= 0 || describeRound(config, round).kind !== "train") return {};
  const measured = (1000 * timing.images) / timing.computeMs;
  if (known === 0) return { imagesPerSecond: measured, measuredAt: now };
  const changed = Math.max(measured / known, known / measured) > CHANGE;
  const weight = changed ? CHANGE_SMOOTHING : SMOOTHING;
  return { imagesPerSecond: (1 - weight) * known + weight * measured, measuredAt: now };
}

/** The first report of a round commits it; every other one has to agree. */
export function commit(state: Membership, report: RoundReport, now: number, { config }: Pick<MembershipOptions, "config">): Decision {
  const hashes = new Map(state.hashes).set(report.round, report.hash);
  const oldest = Math.min(report.round - REMEMBERED_ROUNDS, (state.checkpoint ?? 0) - 1);
  for (const round of hashes.keys()) {
    if (round >= oldest) break; // they are in order
    hashes.delete(round);
  }
  const view = state.views.findLast(({ fromRound }) => fromRound <= report.round)?.view ?? 0;
  const members = peersAt(state, "member").map(({ id }) => id);
  const roundMs = state.lastCommitAt === 0 ? state.roundMs : (1 - SMOOTHING) * state.roundMs + SMOOTHING * (now - state.lastCommitAt);
  const { skipped, nonFinite } = report.metrics;
  const turn = describeRound(config, report.round);
  const timed = state.lastCommitAt > 0 && turn.kind === "train";
  const durations = timed ? [...state.durations, now - state.roundSince].slice(-REMEMBERED_DURATIONS) : state.durations;
  const others = [...state.peers.values()].filter(
    ({ round, hash }) => round === report.round + 1 && hash !== undefined && hash !== report.hash,
  );
  const wrong = others.map((peer) => ({
    peer: peer.id,
    sentence: `${nameOf(peer)} ended round ${report.round} with ${peer.hash}, the run with ${report.hash}`,
  }));
  const drops = wrong.map(({ peer, sentence }): Effect => ({ type: "drop", peer, sentence }));
  const alarms = wrong.map(({ sentence }) => ({ kind: "alarm" as const, text: `${sentence}: it has to join again` }));
  const text = `step ${turn.step} was skipped by everyone alike: ${nonFinite} gradient elements are not finite; a lower learning rate may help`;
  const next: Membership = changed(state, { committed: report.round + 1, hashes, roundMs, durations, lastCommitAt: now, roundSince: now });
  const told = waitingObservers(next).filter(({ stateOfRound }) => stateOfRound === report.round + 1);
  return {
    state: next,
    effects: [{ type: "commit", report, view, members }, ...hashesFor(next, told), ...drops],
    reasons: [...(skipped ? [{ kind: "alarm" as const, text }] : []), ...alarms],
  };
}

/** Observers who hold the run's bits and are level with the members become members. */
function promote(state: Membership, now: number, options: MembershipOptions): Decision {
  if (state.phase !== "running") return unchanged(state);
  const newest = state.committed - 1;
  const level = peersAt(state, "observer").filter(
    // What it did last is committed, and so compared.
    ({ round, hash, mayReturnAt }) =>
      round !== undefined && round >= newest && round <= state.committed && hash === state.hashes.get(round - 1) && now >= mayReturnAt,
  );
  if (level.length === 0) return unchanged(state);
  const next = level.reduce((now, { id }) => withPeer(now, id, { stage: "member" }), state);
  const observers = (state.views.at(-1)?.observers ?? []).filter(({ peer }) => next.peers.get(peer)?.stage === "observer");
  const take = level.length === 1 ? "takes" : "take";
  const text = `${level.map(nameOf).join(", ")} ${take} part from round ${state.permitted + 1}: the state is the run's`;
  return planView(next, observers, options, { kind: "join", text });
}

/** Lets everyone work on: as many rounds beyond the slowest member as fit in the lease. */
export function grantPermits(state: Membership, _: number, options: MembershipOptions): Decision {
  const members = peersAt(state, "member").filter(({ round }) => round !== undefined);
  if (members.length === 0 || state.phase !== "running" || state.paused !== undefined || state.fork !== undefined) return unchanged(state);
  const slowest = Math.min(...members.map(({ round }) => round as number));
  const lease = Math.min(MAX_LEASE_ROUNDS, Math.max(MIN_LEASE_ROUNDS, Math.ceil(options.leaseMs / state.roundMs)));
  const through = Math.min(slowest + lease, roundCount(options.config) - 1);
  if (through <= state.permitted) return unchanged(state);
  const to = peersAt(state, "member", "observer").map(({ id }) => id);
  const views = effectiveViews(state.views, Math.max(0, slowest - 1));
  const permit: Effect = { type: "send", to, message: { type: "permit", through } };
  return followedBy(orderAudits(changed(state, { views }), through, options), (next) => ({
    state: changed(next, { permitted: through }),
    effects: [permit], // after the orders: auditors know before they begin
    reasons: [],
  }));
}

/** Every now and then a member sends its state, in case that all of them are gone one day; another one, when it does not. */
function askForCheckpoint(state: Membership, now: number, options: MembershipOptions): Decision {
  if (now - state.lastCheckpointAt < options.checkpointMs) return unchanged(state);
  const round = state.permitted + 1;
  const asked = state.saving === undefined ? undefined : state.peers.get(state.saving.peer);
  const waiting = asked?.stage === "member" && now - state.lastCheckpointAt < SAVING_INTERVALS * options.checkpointMs;
  const members = peersAt(state, "member");
  const saver = members.find(({ id }) => id !== asked?.id) ?? members[0]; // not again who has not sent it
  if (waiting || saver === undefined || state.phase !== "running" || round >= roundCount(options.config)) return unchanged(state);
  const saving = { peer: saver.id, round };
  return {
    state: changed(state, { saving, lastCheckpointAt: now }),
    effects: [{ type: "send", to: [saver.id], message: { type: "save", round } }],
    reasons: [],
  };
}

/** Shares the slots out anew when the measured speeds say that a step could be clearly faster. */
function rebalance(state: Membership, now: number, options: MembershipOptions): Decision {
  const view = state.views.at(-1);
  if (view === undefined || now - state.lastViewAt < URGENT_INTERVAL_MS) return unchanged(state);
  const members = peersAt(state, "member");
  if (members.length < 2) return unchanged(state);
  const idle = members.filter(({ id, measuredAt }) => now - measuredAt >= PROBE_INTERVAL_MS && !view.slotHolders.includes(id));
  if (idle.length > 0 && members.length <= options.config.slots) return probe(state, idle, view, options, now);
  const current = makespan(view.slotHolders, members);
  const most = current / leastMakespan(options.config.slots, members);
  const soon = now - state.lastViewAt < REBALANCE_INTERVAL_MS;
  if (most < (soon ? URGENT_GAIN : REBALANCE_GAIN)) return unchanged(state);
  const gain = current / shortestMakespan(options.config.slots, members);
  if (gain < (soon ? URGENT_GAIN : REBALANCE_GAIN)) return unchanged(state);
  const text = `slots were shared out anew by measured speed: a step takes ${Math.round(100 - 100 / gain)} % less time`;
  return planView(changed(state, { lastViewAt: now }), view.observers, options, { kind: "info", text });
}

/** Those who were too slow for a slot are taken to be just fast enough for one; what they then report says what they are. */
function probe(state: Membership, idle: readonly PeerState[], view: View, options: MembershipOptions, now: number): Decision {
  const all = peersAt(state, "member").reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0);
  const enough = (1.2 * all) / options.config.slots;
  const next = idle.reduce(
    (changed, { id, imagesPerSecond }) => withPeer(changed, id, { imagesPerSecond: Math.max(imagesPerSecond, enough), measuredAt: now }),
    state,
  );
  const text = `${idle.map(nameOf).join(", ")} had no slots for ${PROBE_INTERVAL_MS / 1000} s or more: one shows how fast ${idle.length === 1 ? "it is" : "they are"} now`;
  return planView(changed(next, { lastViewAt: now }), view.observers, options, { kind: "info", text });
}

/** The run is complete when every member has done the last round. */
function finish(state: Membership, _: number, options: MembershipOptions): Decision {
  const rounds = roundCount(options.config);
  if (state.phase !== "running" || state.fork !== undefined || state.committed < rounds) return unchanged(state);
  const members = peersAt(state, "member");
  if (members.length === 0 || members.some(({ round }) => (round ?? 0) < rounds)) return unchanged(state);
  const hash = state.hashes.get(rounds - 1) as string;
  const to = peersAt(state, "member", "observer", "linking", "preparing").map(({ id }) => id);
  const { step } = describeRound(options.config, rounds - 1);
  const steps = Math.max(step, options.config.steps);
  return {
    state: changed(state, { phase: "finished" }),
    effects: [{ type: "send", to, message: { type: "finished", hash } }],
    reasons: [{ kind: "done", text: `the run is complete after ${steps} steps; every replica ends with ${hash}` }],
  };
}

const whatMayBeDue: readonly TimedDecision[] = [promote, moveUp, grantPermits, rebalance, askForCheckpoint, finish, linkAcross];
const afterReport: readonly TimedDecision[] = [settleFork, proceed];
