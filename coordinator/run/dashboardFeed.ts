import type {
  DashboardMessage,
  DashboardSnapshot,
  EvaluationPoint,
  PeerRow,
  RunEvent,
  StepPoint,
  SwarmState,
} from "../protocol/dashboard.ts";
import { meanLoss } from "../protocol/meanLoss.ts";
import { describeRound, roundCount, stepsPerEpoch } from "../protocol/rounds.ts";
import type { RunConfig } from "../protocol/runConfig.ts";
import type { View } from "../protocol/view.ts";
import { type Membership, type PeerState, peersAt, type Reason, type RoundReport } from "./membership.ts";

/** The swarm's speed is that of the steps of the last seconds. */
const SPEED_WINDOW_MS = 10_000;

/** As many events as a dashboard gets when it is opened; older ones are forgotten. */
const MAX_EVENTS = 500;

/** All that dashboards show, gathered from what is committed and decided. */
export class DashboardFeed {
  readonly #config: RunConfig;
  readonly #runName: string;
  readonly #joinUrl: string;
  readonly #startedAt: number;
  readonly #steps: StepPoint[] = [];
  readonly #evaluations: EvaluationPoint[] = [];
  readonly #events: RunEvent[] = [];
  #eventsForgotten = 0;
  /** How often the history was changed: who has seen it before has to see all of it again. */
  #retractions = 0;

  constructor(config: RunConfig, runName: string, joinUrl: string, now: number) {
    this.#config = config;
    this.#runName = runName;
    this.#joinUrl = joinUrl;
    this.#startedAt = now;
  }

  commit({ round, hash, metrics }: RoundReport, members: number, at: number): void {
    const turn = describeRound(this.#config, round);
    this.#retract(round); // committed again
    if (turn.kind === "train") this.#steps.push({ step: turn.step, round, epoch: turn.epoch, at, metrics, hash, members });
    else
      this.#evaluations.push({
        step: turn.step,
        round,
        epoch: turn.epoch,
        at,
        images: metrics.images,
        correct: metrics.correct,
        lossSum: metrics.lossSum,
        nonFinite: metrics.nonFinite,
      });
  }

  note(reasons: readonly Reason[], at: number): void {
    for (const { kind, text } of reasons) this.#events.push({ at, kind, text });
    this.#eventsForgotten += this.#events.splice(0, this.#events.length - MAX_EVENTS).length;
  }

  /** Where a dashboard stands that has seen everything up to now. */
  position(): Position {
    return {
      retractions: this.#retractions,
      steps: this.#steps.length,
      evaluations: this.#evaluations.length,
      events: this.#eventsForgotten + this.#events.length,
    };
  }

  /** Everything. The join link is only for those who may pass it on. */
  snapshot(membership: Membership, now: number, showsLink = false): DashboardSnapshot {
    return {
      type: "snapshot",
      runName: this.#runName,
      config: this.#config,
      stepsPerEpoch: stepsPerEpoch(this.#config),
      rounds: roundCount(this.#config),
      joinUrl: showsLink ? this.#joinUrl : null,
      startedAt: this.#startedAt,
      steps: this.#steps,
      evaluations: this.#evaluations,
      events: this.#events,
      state: this.state(membership, now),
    };
  }

  /** What a dashboard has not seen yet: everything, if something that it has seen does not count any more. */
  news(since: Position, membership: Membership, now: number, showsLink = false): DashboardMessage {
    if (since.retractions !== this.#retractions) return this.snapshot(membership, now, showsLink);
    return {
      type: "update",
      steps: this.#steps.slice(since.steps),
      evaluations: this.#evaluations.slice(since.evaluations),
      events: this.#events.slice(Math.max(0, since.events - this.#eventsForgotten)),
      state: this.state(membership, now),
    };
  }

  state(membership: Membership, now: number): SwarmState {
    const newest = this.#steps.at(-1);
    const round = membership.committed;
    const imagesPerSecond = membership.phase === "running" ? this.#imagesPerSecond(now) : 0;
    const left = this.#config.steps - ((newest?.step ?? -1) + 1);
    const imagesLeft = left * this.#config.slots * this.#config.microBatch;
    return {
      at: now,
      phase: membership.phase,
      sentence: sentenceOf(membership, now),
      round,
      step: (newest?.step ?? -1) + 1,
      epoch: newest?.epoch ?? 0,
      imagesPerSecond,
      secondsLeft: imagesPerSecond > 0 ? imagesLeft / imagesPerSecond : null,
      peers: [...membership.peers.values()].map((peer) => rowOf(peer, membership, now)),
    };
  }

  /** For the peers' own pages. */
  latest(): { readonly loss: number | null; readonly accuracy: number | null } {
    const step = this.#steps.at(-1);
    const loss = step === undefined ? Number.NaN : meanLoss(step.metrics);
    const test = this.#evaluations.at(-1);
    return {
      loss: Number.isFinite(loss) ? loss : null,
      accuracy: test === undefined || test.images === 0 ? null : test.correct / test.images,
    };
  }

  /** Takes back what was shown of this round and all later ones. */
  #retract(round: number): void {
    const before = this.#steps.length + this.#evaluations.length;
    while ((this.#steps.at(-1)?.round ?? -1) >= round) this.#steps.pop();
    while ((this.#evaluations.at(-1)?.round ?? -1) >= round) this.#evaluations.pop();
    if (this.#steps.length + this.#evaluations.length < before) this.#retractions++;
  }

  #imagesPerSecond(now: number): number {
    const recent = this.#steps.slice(-500).filter(({ at }) => now - at < SPEED_WINDOW_MS);
    const [first, ...rest] = recent.length > 1 ? recent : this.#steps.slice(-2);
    const last = rest.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    return (
      (1000 * rest.reduce((sum, { metrics }) => sum + metrics.images, 0)) /
      (Math.max(last.at, recent.length > 1 ? last.at : now) - first.at)
    );
  }
}

export interface Position {
  readonly retractions: number;
  readonly steps: number;
  readonly evaluations: number;
  readonly events: number;
}

function rowOf(peer: PeerState, { hashes, views, phase }: Membership, now: number): PeerRow {
  const view = views.at(-1);
  const reported = peer.round === undefined ? undefined : hashes.get(peer.round - 1);
  return {
    peer: peer.id,
    name: peer.hello.name,
    kind: peer.hello.kind,
    device: peer.hello.device,
    state: peer.stage === "linking" && phase === "running" && peer.mayReturnAt > now ? "resting" : peer.stage,
    hidden: peer.hidden,
    workers: peer.hello.workers,
    imagesPerSecond: peer.imagesPerSecond,
    share: shareOf(peer, view),
    round: peer.round ?? 0,
    hash: peer.hash ?? null,
    hashAgrees: peer.hash === undefined ? null : peer.hash === reported,
    links: [...peer.links].map(([other, state]) => ({ peer: other, state })),
    bytesSent: peer.bytesSent,
    joinedAt: peer.joinedAt,
    lastSeenAt: peer.lastSeenAt,
  };
}

function shareOf(peer: PeerState, view: View | undefined): number {
  if (view === undefined || view.slotHolders.length === 0) return 0;
  return view.slotHolders.filter((holder) => holder === peer.id).length / view.slotHolders.length;
}

/** What is going on, or what everyone is waiting for. */
function sentenceOf(membership: Membership, now: number): string {
  const members = peersAt(membership, "member").length;
  if (membership.phase === "finished") return "The run is complete.";
  if (membership.paused !== undefined) return membership.paused;
  if (membership.phase === "waiting") {
    const preparing = [...membership.peers.values()];
    return preparing.length === 0
      ? "Waiting for the first peer to open the join link."
      : `Waiting: ${preparing.map((p) => `${p.hello.name} waits for ${p.waitingFor}`).join("; ")}.`;
  }
  const silence = now - membership.lastCommitAt;
  if (membership.lastCommitAt > 0 && silence > Math.max(3000, 5 * membership.roundMs)) {
    const waits = peersAt(membership, "member").map((peer) => `${peer.hello.name} waits for ${peer.waitingFor}`);
    return `No step for ${Math.round(silence / 1000)} s: ${waits.join("; ")}.`;
  }
  return `${members} peer${members === 1 ? "" : "s"} train${members === 1 ? "s" : ""} together.`;
}
