import type { RoundMetrics } from "../../coordinator/protocol/messages.ts";
import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { createHasher } from "../../engine/replica/hasher.ts";
import type { VectorLayout } from "../../worker/collective/vectorLayout.ts";
import { merge } from "../../worker/collective/vectorLayout.ts";
import type { Batch, RoundResult } from "../../worker/compute/computeWorker.ts";
import type { Lie } from "./lies.ts";

/** Where the last of the sums counts what is not finite: a step with any is skipped, as the engine does it. */
export const NON_FINITE = 524;

/** With such a learning rate the stand-in's gradients overflow from this step on. */
const OVERFLOW = { learningRate: 100, step: 5 };

type Layouts = Record<Round["kind"], VectorLayout>;

/** What simulated peers compute with. */
export interface ReplicaKit {
  readonly layouts: Layouts;
  readonly create: (config: RunConfig, onCompute: OnCompute, lie?: Lie["key"]) => StandInReplica;
}

type OnCompute = (round: number, slots: readonly number[]) => Promise<void>;

/** Stand-ins whose gradients have so many elements. */
export function standIns(layouts: Layouts): ReplicaKit {
  return { layouts, create: (config, onCompute, lie) => new StandInReplica(config, layouts, onCompute, lie) };
}

export const standIn = standIns({
  train: { length: 530, sumLength: 525 }, // two slices
  evaluate: { length: 3, sumLength: 3 },
});

/** State: one word of "parameters", one that counts updates, and as many that follow from these as make four chunks. */
export const STAND_IN_STATE = 2000;

/** A replica whose "gradient" is a hash of (parameters, round, images): any mistake in who computes what shows in the bits. */
export class StandInReplica {
  readonly #config: RunConfig;
  readonly #layouts: Layouts;
  readonly #onCompute: OnCompute;
  readonly #lie: Lie["key"];
  #state: Int32Array = new Int32Array(STAND_IN_STATE);

  constructor(config: RunConfig, layouts: Layouts, onCompute: OnCompute, lie?: Lie["key"]) {
    this.#lie = lie;
    this.#config = config;
    this.#layouts = layouts;
    this.#onCompute = onCompute;
  }

  readonly size = 1;

  async initialize(): Promise<void> {
    this.#state = stateOf(mix(this.#config.seed), 0);
  }

  async contribution(round: Round, batches: readonly Batch[]): Promise<Int32Array> {
    const state = this.#state;
    await this.#onCompute(
      round.round,
      batches.map(({ indices }) => indices[0] ?? -1),
    );
    if (state !== this.#state) throw new Error(`round ${round.round} was applied while its gradient was computed`);
    const layout = this.#layouts[round.kind];
    const total = new Int32Array(layout.length).fill(-(2 ** 31), layout.sumLength);
    for (const { indices } of batches) merge(layout, total, this.gradient(round, indices), 0);
    return total;
  }

  async apply(round: Round, reduced: Int32Array): Promise<RoundResult> {
    const nonFinite = round.kind === "train" ? (reduced[NON_FINITE] ?? 0) : 0; // short vectors do not have it
    if (round.kind === "train" && nonFinite === 0) {
      let folded = this.#state[0] as number;
      for (const word of reduced) folded = Math.imul(folded ^ word, 0x01000193);
      this.#state = stateOf(mix(folded), this.#state[1] + 1);
    }
    const images = reduced[0];
    const metrics: RoundMetrics = {
      images,
      lossSum: images,
      correct: Math.abs(reduced[1]),
      saturated: 0,
      nonFinite: Math.max(0, nonFinite),
      skipped: nonFinite !== 0,
      learningRate: 1,
    };
    return { hash: this.hash(), metrics };
  }

  hash(): string {
    const known = hashes.get(this.#state);
    if (known !== undefined) return known;
    hasher.elements.set(this.#state);
    const hash = hasher.hash(0, STAND_IN_STATE).toString(16).padStart(16, "0");
    hashes.set(this.#state, hash);
    return hash;
  }

  async state(): Promise<Int32Array> {
    return this.#state.slice();
  }

  async load(state: Int32Array): Promise<void> {
    this.#state = state.slice();
  }

  /** Element 0 counts images; of an evaluation, element 1 is what the parameters make of them. */
  protected gradient(round: Round, indices: Int32Array): Int32Array {
    const [number, first] = this.#lie?.(round.round, indices[0] ?? 0) ?? [round.round, indices[0] ?? 0];
    let word = mix(mix((this.#state[0] as number) ^ number) ^ first);
    for (let i = 1; i < indices.length; i++) word = mix(word ^ (indices[i] as number));
    const overflows = this.#config.schedule.learningRate >= OVERFLOW.learningRate && round.step >= OVERFLOW.step;
    return gradientOf({ layout: this.#layouts[round.kind], word, images: indices.length, overflows: round.kind === "train" && overflows });
  }
}

/** All that a gradient follows from. */
interface Origin {
  readonly layout: VectorLayout;
  readonly word: number;
  readonly images: number;
  readonly overflows: boolean;
}

/** Whoever computes the same again, in this run or another, gets the same copy, which nobody changes. */
function gradientOf(origin: Origin): Int32Array {
  const { layout, word, images, overflows } = origin;
  const known = gradients.get(word);
  if (known?.layout === layout && known.images === images && known.overflows === overflows) return known.gradient;
  keptElements += layout.length;
  if (keptElements > KEPT_ELEMENTS) {
    gradients.clear();
    keptElements = layout.length;
  }
  const gradient = makeGradient(origin);
  gradients.set(word, { ...origin, gradient });
  return gradient;
}

/** Those of 2,000 steps of eight slots. */
const KEPT_ELEMENTS = 1 << 23;
const gradients = new Map<number, Origin & { readonly gradient: Int32Array }>();
let keptElements = 0;

function makeGradient({ layout: { length, sumLength }, word, images, overflows }: Origin): Int32Array {
  const gradient = new Int32Array(length);
  for (let i = 1, next = word; i < length; i++) {
    next = Math.imul(next, 1664525) + 1013904223; // Lehmer's generator: enough for a stand-in
    gradient[i] = i < sumLength ? next >> 8 : next;
  }
  gradient[0] = images;
  gradient[NON_FINITE] = overflows ? 1 : 0; // short vectors do not have it
  return gradient;
}

/** It follows from two words: replicas that agree on them share one copy, which nobody changes. What was sent is a copy of its own. */
function stateOf(parameters: number, updates: number): Int32Array {
  const name = `${parameters} ${updates}`;
  const known = states.get(name);
  if (known !== undefined) return known;
  if (states.size === KEPT_STATES) states.clear();
  const made = makeState(parameters, updates);
  states.set(name, made);
  return made;
}

const KEPT_STATES = 64;
const states = new Map<string, Int32Array>();
const hasher = createHasher(STAND_IN_STATE);
const hashes = new WeakMap<Int32Array, string>();

function makeState(parameters: number, updates: number): Int32Array {
  const state = new Int32Array(STAND_IN_STATE);
  for (let i = 2; i < state.length; i++) state[i] = Math.imul(parameters, i);
  state[0] = parameters;
  state[1] = updates;
  return state;
}

function mix(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}
