import type { RoundMetrics } from "../../coordinator/protocol/messages.ts";
import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { VectorLayout } from "../../worker/collective/vectorLayout.ts";
import { merge } from "../../worker/collective/vectorLayout.ts";
import type { Batch, RoundResult } from "../../worker/compute/computeWorker.ts";

type Layouts = Record<Round["kind"], VectorLayout>;

/** What simulated peers compute with. */
export interface ReplicaKit {
  readonly layouts: Layouts;
  readonly create: (config: RunConfig, onCompute: OnCompute) => StandInReplica;
}

type OnCompute = (slots: number) => Promise<void>;

/** Stand-ins whose gradients have so many elements. */
export function standIns(layouts: Layouts): ReplicaKit {
  return { layouts, create: (config, onCompute) => new StandInReplica(config, layouts, onCompute) };
}

export const standIn = standIns({
  train: { length: 530, sumLength: 525 }, // two slices
  evaluate: { length: 3, sumLength: 3 },
});

/** State: one word of "parameters", one that counts updates. */
export const STAND_IN_STATE = 2;

/** A replica whose "gradient" is a hash of (parameters, round, images): any mistake in who computes what shows in the bits. */
export class StandInReplica {
  readonly #config: RunConfig;
  readonly #layouts: Layouts;
  readonly #onCompute: OnCompute;
  #state = new Int32Array(STAND_IN_STATE);

  constructor(config: RunConfig, layouts: Layouts, onCompute: OnCompute) {
    this.#config = config;
    this.#layouts = layouts;
    this.#onCompute = onCompute;
  }

  async initialize(): Promise<void> {
    this.#state = Int32Array.from([mix(this.#config.seed), 0]);
  }

  async contribution(round: Round, batches: readonly Batch[]): Promise<Int32Array> {
    const state = this.#state;
    await this.#onCompute(batches.length);
    if (state !== this.#state) throw new Error(`round ${round.round} was applied while its gradient was computed`);
    const layout = this.#layouts[round.kind];
    const total = new Int32Array(layout.length).fill(-(2 ** 31), layout.sumLength);
    for (const { indices } of batches) merge(layout, total, this.gradient(round, indices), 0);
    return total;
  }

  async apply(round: Round, reduced: Int32Array): Promise<RoundResult> {
    if (round.kind === "train") {
      let folded = this.#state[0] as number;
      for (const word of reduced) folded = Math.imul(folded ^ word, 0x01000193);
      this.#state = Int32Array.from([mix(folded), this.#state[1] + 1]);
    }
    const images = reduced[0];
    const metrics: RoundMetrics = {
      images,
      lossSum: images,
      correct: reduced[1],
      saturated: 0,
      nonFinite: 0,
      skipped: false,
      learningRate: 1,
    };
    const hash = (this.#state[0] >>> 0).toString(16).padStart(8, "0") + this.#state[1].toString(16).padStart(8, "0");
    return { hash, metrics };
  }

  async state(): Promise<Int32Array> {
    return this.#state.slice();
  }

  async load(state: Int32Array): Promise<void> {
    this.#state = state.slice();
  }

  /** Element 0 counts images; of an evaluation, element 1 is what the parameters make of them. */
  protected gradient(round: Round, indices: Int32Array): Int32Array {
    const { length, sumLength } = this.#layouts[round.kind];
    const gradient = new Int32Array(length);
    let word = mix((this.#state[0] as number) ^ round.round);
    for (const index of indices) word = mix(word ^ index);
    for (let i = 1; i < length; i++) {
      word = Math.imul(word, 1664525) + 1013904223; // Lehmer's generator: enough for a stand-in
      gradient[i] = i < sumLength ? word >> 8 : word;
    }
    gradient[0] = indices.length;
    return gradient;
  }
}

function mix(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}
