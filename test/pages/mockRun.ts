import type { DashboardSnapshot, DashboardUpdate, EvaluationPoint, PeerRow, StepPoint } from "../../coordinator/protocol/dashboard.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { mockEvents, NAMES } from "./mockEvents.ts";
import { hashOf, noise, START, timeOf, trend, weight } from "./mockNumbers.ts";

export interface MockOptions {
  readonly peers: number;
  /** Training steps that lie behind the run when the page opens. */
  readonly steps: number;
  readonly phase: "waiting" | "running" | "finished";
  readonly alarm?: boolean;
  readonly synthetic?: boolean;
  /** null: on another machine than the coordinator's. */
  readonly joinUrl?: string | null;
}

const SWARM_IMAGES_PER_SECOND = 512 / 0.37;
const SLOTS = 16;
const MICRO_BATCH = 32;
const STEPS_PER_EPOCH = Math.ceil(50_000 / (SLOTS * MICRO_BATCH));
const DEVICES = [
  "Chrome 141, Linux, 8 cores",
  "Firefox 144, Windows, 12 cores",
  "Safari 26, iPhone",
  "Chrome 141, Android, 8 cores",
  "Edge 141, Windows, 4 cores",
  "Node 22, Linux, 16 cores",
];

/** A believable run, made of arithmetic: the same options always give the same run. */
export class MockRun {
  readonly #options: MockOptions;
  #step: number;

  constructor(options: MockOptions) {
    this.#options = options;
    this.#step = options.steps;
  }

  /** The next steps, as an update. */
  next(count = 1): DashboardUpdate {
    const steps = Array.from({ length: count }, (_, i) => this.#point(this.#step + i));
    this.#step += count;
    return { type: "update", steps, evaluations: [], events: [], state: this.#state() };
  }

  /** Everything until now. */
  snapshot(): DashboardSnapshot {
    const steps = Array.from({ length: this.#step }, (_, step) => this.#point(step));
    return {
      type: "snapshot",
      runName: "amber-heron-0505",
      config: this.#config(),
      stepsPerEpoch: STEPS_PER_EPOCH,
      rounds: this.#totalSteps() + Math.ceil(this.#totalSteps() / STEPS_PER_EPOCH),
      joinUrl: this.#options.joinUrl === undefined ? "http://192.168.1.20:8080/join?token=mZk3nq7VtY5xPw2Lc8Rj" : this.#options.joinUrl,
      startedAt: START,
      steps,
      evaluations: this.#evaluations(),
      events: mockEvents(this.#options, this.#step),
      state: this.#state(),
    };
  }

  #totalSteps(): number {
    return this.#options.phase === "finished" ? this.#options.steps : Math.max(1960, Math.round(this.#options.steps * 1.6));
  }

  #config(): RunConfig {
    return {
      model: "resnet20",
      seed: 1,
      microBatch: MICRO_BATCH,
      slots: SLOTS,
      steps: this.#totalSteps(),
      evaluate: true,
      optimizer: { name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
      schedule: { name: "one-cycle", learningRate: 0.4, warmUp: 0.2 },
      labelSmoothing: 0,
      augmentation: { cropPadding: 4, flip: true },
      gradientBits: 22,
      numerics: "plain",
      convolution: "winograd",
      dataset: {
        name: this.#options.synthetic === true ? "synthetic" : "cifar-10",
        trainRecords: 50_000,
        testRecords: 10_000,
        classes: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
        digest: "0".repeat(64),
      },
    };
  }

  #point(step: number): StepPoint {
    const images = step % STEPS_PER_EPOCH === STEPS_PER_EPOCH - 1 ? 336 : SLOTS * MICRO_BATCH;
    const loss = trend(step / this.#totalSteps()) * (1 + 0.09 * noise(step, 1) + 0.05 * noise(step, 2)) + (step === 412 ? 1.4 : 0);
    const accuracy = Math.min(1, Math.max(0.06, Math.exp(-loss * 0.92) + 0.025 * noise(step, 3)));
    const warm = 0.2 * this.#totalSteps();
    return {
      step,
      round: step + Math.floor(step / STEPS_PER_EPOCH),
      epoch: Math.floor(step / STEPS_PER_EPOCH),
      at: timeOf(step),
      metrics: {
        images,
        lossSum: loss * images,
        correct: Math.round(accuracy * images),
        saturated: 0,
        nonFinite: 0,
        skipped: false,
        learningRate: step < warm ? (0.4 * step) / warm : (0.4 * (this.#totalSteps() - step)) / (this.#totalSteps() - warm),
      },
      hash: hashOf(step),
      members: this.#options.peers,
    };
  }

  #evaluations(): EvaluationPoint[] {
    return Array.from({ length: Math.floor(this.#step / STEPS_PER_EPOCH) }, (_, epoch) => {
      const step = (epoch + 1) * STEPS_PER_EPOCH;
      const loss = trend(step / this.#totalSteps()) * 0.96 + 0.1;
      const correct = Math.round(10_000 * Math.min(0.93, Math.exp(-loss * 0.86) + 0.012 * noise(epoch, 5)));
      const at = timeOf(step) - 200;
      return { step, round: step + epoch, epoch, at, images: 10_000, correct, lossSum: loss * 10_000, nonFinite: 0 };
    });
  }

  #state(): DashboardSnapshot["state"] {
    const { phase } = this.#options;
    const peers = Array.from({ length: this.#options.peers }, (_, i) => this.#peer(i));
    const imagesPerSecond = peers.reduce((sum, peer) => sum + peer.imagesPerSecond, 0);
    const sentences = {
      waiting: `Waiting: ${this.#options.peers} of at least ${this.#options.peers + 1} peers.`,
      running: "Every member contributes; no step waits.",
      finished: "The run is complete. Checkpoints are in the run’s directory.",
    };
    return {
      at: timeOf(this.#step),
      phase,
      sentence: sentences[phase],
      round: this.#step,
      step: this.#step,
      epoch: Math.max(0, Math.ceil(this.#step / STEPS_PER_EPOCH) - 1),
      imagesPerSecond: phase === "running" ? imagesPerSecond : 0,
      secondsLeft: phase === "running" ? Math.round((this.#totalSteps() - this.#step) * 0.37) : null,
      peers,
    };
  }

  /** Of seven and more peers the last two are not members. */
  #members(): number[] {
    const { peers } = this.#options;
    return Array.from({ length: peers }, (_, i) => i).filter((i) => i <= 5 || i < peers - 2);
  }

  #peer(i: number): PeerRow {
    const { peers: count, alarm, steps } = this.#options;
    const joining = i > 5 && i === count - 1;
    const lost = i > 5 && i === count - 2;
    const share = joining || lost ? 0 : weight(i) / this.#members().reduce((sum, k) => sum + weight(k), 0);
    const wrong = alarm === true && i === 5;
    return {
      peer: i + 1,
      name: i < NAMES.length ? (NAMES[i] as string) : `${NAMES[i % NAMES.length]} ${Math.floor(i / NAMES.length) + 1}`,
      kind: i % 6 === 5 ? "node" : "tab",
      device: DEVICES[i % DEVICES.length] as string,
      state: joining ? "observer" : lost ? "lost" : "member",
      hidden: i === 3,
      workers: 1 + (i % 4) * 2,
      imagesPerSecond: this.#step === 0 ? 0 : share * SWARM_IMAGES_PER_SECOND,
      share,
      round: Math.max(0, this.#step - (i % 7 === 2 ? 1 : 0)),
      hash: steps === 0 || joining ? null : wrong ? "00c0ffee00c0ffee" : hashOf(this.#step - 1),
      hashAgrees: steps === 0 || joining ? null : !wrong,
      links: Array.from({ length: count }, (_, k) => k + 1)
        .filter((other) => other !== i + 1)
        .map((other) => ({
          peer: other,
          state: (i + 1) * other === 60 || (i + 1) * other === 12 ? ("relayed" as const) : ("direct" as const),
        })),
      bytesSent: 1.9e6 * this.#step * (0.5 + Math.abs(noise(i, 8))),
      joinedAt: START + 1500 * i,
      lastSeenAt: timeOf(this.#step),
    };
  }
}
