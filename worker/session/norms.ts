import { type Coverage, isSame, slotCount } from "../collective/coverage.ts";
import type { RoundExchange } from "../collective/roundExchange.ts";
import { slicesOf, type VectorLayout } from "../collective/vectorLayout.ts";

/**
 * How large one slot's gradient is in a contribution of k slots whose root mean square is r: r / k if all of its slots point the same way,
 * r / √k if they have nothing to do with each other. It lies between the two.
 */
export interface Norm {
  readonly sender: number;
  readonly least: number;
  readonly most: number;
}

/** Beyond so many times what any other has shown, or below that part of it, a contribution is suspicious. */
const FACTOR = 4;

/** With fewer others nothing is known about what is usual. */
const LEAST_OTHERS = 2;

/** So many rounds are looked back. */
const RECENT_ROUNDS = 8;

type Contributed = ReturnType<RoundExchange["evidence"]>["contributed"];

/** The norms of the contributions that an owner or an aggregator summed, over all its slices; of sums only, for maxima say nothing. */
export function normsOf(contributed: Contributed, { length, sumLength }: VectorLayout, slots: number): Norm[] {
  const slices = slicesOf(length);
  const bySender = new Map<number, Squares[]>();
  for (const [slice, pieces] of contributed) {
    const sums = Math.max(0, Math.min(slices[slice]?.end ?? 0, sumLength) - (slices[slice]?.begin ?? 0));
    for (const { sender, coverage, elements } of pieces) {
      const entry = entryOf(bySender, sender, coverage);
      entry.sum += sumOfSquares(elements, sums);
      entry.elements += sums;
    }
  }
  const norms: Norm[] = [];
  for (const [sender, entries] of bySender) {
    for (const { coverage, sum, elements } of entries) {
      if (elements === 0) continue;
      const [rms, held] = [Math.sqrt(sum / elements), slotCount(coverage, slots)];
      norms.push({ sender, least: rms / held, most: rms / Math.sqrt(held) });
    }
  }
  return norms;
}

/** Of one sender, over the same slots: the sum of squares, of so many elements. */
interface Squares {
  readonly coverage: Coverage;
  sum: number;
  elements: number;
}

function entryOf(bySender: Map<number, Squares[]>, sender: number, coverage: Coverage): Squares {
  const known = bySender.get(sender) ?? [];
  const same = known.find((entry) => isSame(entry.coverage, coverage));
  if (same !== undefined) return same;
  const entry = { coverage, sum: 0, elements: 0 };
  if (known.push(entry) === 1) bySender.set(sender, known);
  return entry;
}

function sumOfSquares(elements: Int32Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (elements[i] as number) * (elements[i] as number);
  return sum;
}

/** Of these contributions to one round, those far outside what all others contributed to it, and to the rounds before; why, in words. */
export function outlying(
  norms: readonly Norm[],
  before: readonly (readonly Norm[])[],
): { readonly sender: number; readonly why: string }[] {
  const senders = new Set(norms.map(({ sender }) => sender));
  if (senders.size <= LEAST_OTHERS) return [];
  const [smallest, largest] = [
    new Extreme((a, b) => a < b, Number.POSITIVE_INFINITY),
    new Extreme((a, b) => a > b, Number.NEGATIVE_INFINITY),
  ];
  for (const round of [norms, ...before]) {
    for (const { sender, least, most } of round) {
      smallest.see(sender, least);
      largest.see(sender, most);
    }
  }
  return norms.flatMap(({ sender, least, most }) => {
    const [low, high] = [smallest.without(sender), largest.without(sender)];
    if (least > FACTOR * high) return [{ sender, why: `its slots have ${(least / high).toPrecision(2)} times the norm of any other` }];
    if (most < low / FACTOR) return [{ sender, why: `its slots have ${(most / low).toPrecision(2)} of the norm of any other` }];
    return [];
  });
}

/** The smallest or largest of what all have shown, and what it is without the one who has shown that. */
class Extreme {
  readonly #isBeyond: (value: number, other: number) => boolean;
  #holder = -1;
  #value: number;
  #next: number;

  constructor(isBeyond: (value: number, other: number) => boolean, nothing: number) {
    this.#isBeyond = isBeyond;
    this.#value = nothing;
    this.#next = nothing;
  }

  see(sender: number, value: number): void {
    if (sender === this.#holder) {
      if (this.#isBeyond(value, this.#value)) this.#value = value;
    } else if (this.#isBeyond(value, this.#value)) {
      this.#next = this.#value;
      this.#holder = sender;
      this.#value = value;
    } else if (this.#isBeyond(value, this.#next)) this.#next = value;
  }

  without(sender: number): number {
    return sender === this.#holder ? this.#next : this.#value;
  }
}

/** What this owner has seen lately. */
export class Norms {
  #recent: readonly (readonly Norm[])[] = [];
  #slices = "";

  /** Whoever contributed something suspicious to a step. */
  look(contributed: Contributed, layout: VectorLayout, slots: number): { readonly sender: number; readonly why: string }[] {
    const slices = [...contributed.keys()].sort((a, b) => a - b).join();
    if (slices !== this.#slices) this.#recent = []; // of other parts of the gradient
    this.#slices = slices;
    const norms = normsOf(contributed, layout, slots);
    const found = outlying(norms, this.#recent);
    this.#recent = [...this.#recent, norms].slice(-RECENT_ROUNDS);
    return found;
  }
}
