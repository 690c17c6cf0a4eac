import { slotsIn } from "../collective/coverage.ts";
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
  const squares = new Map<string, { sender: number; slots: number; sum: number; elements: number }>();
  for (const [slice, pieces] of contributed) {
    const sums = Math.max(0, Math.min(slices[slice]?.end ?? 0, sumLength) - (slices[slice]?.begin ?? 0));
    for (const { sender, coverage, elements } of pieces) {
      const name = `${sender}:${coverage.join()}`;
      const entry = squares.get(name) ?? { sender, slots: slotsIn(coverage, slots).length, sum: 0, elements: 0 };
      entry.sum += sumOfSquares(elements, sums);
      entry.elements += sums;
      squares.set(name, entry);
    }
  }
  return [...squares.values()].flatMap(({ sender, slots: held, sum, elements }) => {
    const rms = Math.sqrt(sum / elements);
    return elements === 0 ? [] : [{ sender, least: rms / held, most: rms / Math.sqrt(held) }];
  });
}

function sumOfSquares(elements: Int32Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (elements[i] as number) * (elements[i] as number);
  return sum;
}

/** Of these contributions to one round, those far outside what all others contributed to it, and to the rounds before; why, in words. */
export function outlying(norms: readonly Norm[], before: readonly Norm[]): { readonly sender: number; readonly why: string }[] {
  const senders = new Set(norms.map(({ sender }) => sender));
  if (senders.size <= LEAST_OTHERS) return [];
  const ranges = rangesOf([...norms, ...before]);
  return norms.flatMap(({ sender, least, most }) => {
    const { smallest, largest } = rangeOfOthers(ranges, sender);
    if (least > FACTOR * largest)
      return [{ sender, why: `its slots have ${(least / largest).toPrecision(2)} times the norm of any other` }];
    if (most < smallest / FACTOR) return [{ sender, why: `its slots have ${(most / smallest).toPrecision(2)} of the norm of any other` }];
    return [];
  });
}

interface Range {
  readonly smallest: number;
  readonly largest: number;
}

const nothing: Range = { smallest: Number.POSITIVE_INFINITY, largest: Number.NEGATIVE_INFINITY };

/** What each sender has shown. */
function rangesOf(norms: readonly Norm[]): Map<number, Range> {
  const ranges = new Map<number, Range>();
  for (const { sender, least, most } of norms) {
    const { smallest, largest } = ranges.get(sender) ?? nothing;
    ranges.set(sender, { smallest: Math.min(smallest, least), largest: Math.max(largest, most) });
  }
  return ranges;
}

function rangeOfOthers(ranges: ReadonlyMap<number, Range>, self: number): Range {
  let { smallest, largest } = nothing;
  for (const [sender, range] of ranges) {
    if (sender === self) continue;
    smallest = Math.min(smallest, range.smallest);
    largest = Math.max(largest, range.largest);
  }
  return { smallest, largest };
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
    const found = outlying(norms, this.#recent.flat());
    this.#recent = [...this.#recent, norms].slice(-RECENT_ROUNDS);
    return found;
  }
}
