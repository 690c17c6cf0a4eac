import type { CoordinatorMessage, RoundTiming } from "../../coordinator/protocol/messages.ts";
import type { PeerStatus } from "./status.ts";

/** Mine over the last seconds: rounds older than this do not count. */
const SPEED_WINDOW_MS = 10_000;

const initial: PeerStatus = {
  stage: "starting",
  sentence: "The engine is being made ready.",
  progress: { engine: false, connected: false, dataBytes: 0, linked: 0, toLink: 0, firstStep: false },
  name: "",
  runName: "",
  model: "",
  numerics: null,
  workers: 1,
  imagesPerSecond: 0,
  imagesDone: 0,
  stepsDone: 0,
  share: 0,
  bytesSent: 0,
  bytesReceived: 0,
  step: 0,
  steps: 0,
  hash: null,
  peers: 0,
  swarmImagesPerSecond: 0,
  loss: null,
  accuracy: null,
  hidden: false,
};

/** Keeps the status that the page shows; tells it at most every 100 ms, and at once when the stage changes. */
export class StatusBoard {
  #status: PeerStatus;
  readonly #onStatus: (status: PeerStatus) => void;
  readonly #now: () => number;
  #toldAt = Number.NEGATIVE_INFINITY;
  #recent: { readonly at: number; readonly images: number }[] = [];

  constructor(known: Partial<PeerStatus>, onStatus: (status: PeerStatus) => void, now: () => number) {
    this.#status = { ...initial, ...known };
    this.#onStatus = onStatus;
    this.#now = now;
  }

  get status(): PeerStatus {
    return this.#status;
  }

  update(change: Partial<PeerStatus>): void {
    const turned = change.stage !== undefined && change.stage !== this.#status.stage;
    this.#status = { ...this.#status, ...change };
    if (!turned && this.#now() - this.#toldAt < 100) return;
    this.#toldAt = this.#now();
    this.#onStatus(this.#status);
  }

  progress(change: Partial<PeerStatus["progress"]>): void {
    this.update({ progress: { ...this.#status.progress, ...change } });
  }

  swarm({ peers, imagesPerSecond, loss, accuracy }: Extract<CoordinatorMessage, { type: "swarm" }>): void {
    this.update({ peers, swarmImagesPerSecond: imagesPerSecond, loss, accuracy });
  }

  /** A round is done: `images` of it were mine. */
  round(trained: boolean, step: number, hash: string, { images }: Pick<RoundTiming, "images">): void {
    const at = this.#now();
    this.#recent = [...this.#recent, { at, images }].filter((entry) => at - entry.at < SPEED_WINDOW_MS);
    const first = this.#recent[0]?.at ?? at;
    const counted = this.#recent.slice(1).reduce((sum, entry) => sum + entry.images, 0);
    this.update({
      stage: "training",
      sentence: `Step ${trained ? step + 1 : step} is done, with ${images} images of yours in it.`,
      step: trained ? step + 1 : step,
      hash,
      imagesDone: this.#status.imagesDone + images,
      stepsDone: this.#status.stepsDone + (trained ? 1 : 0),
      imagesPerSecond: at > first ? (1000 * counted) / (at - first) : 0,
      progress: { ...this.#status.progress, firstStep: true },
    });
  }
}
