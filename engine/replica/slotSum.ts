import type { Address } from "../kernels/kernels.ts";
import { ZERO_EXPONENT } from "../kernels/vectorKernels.ts";
import type { EngineCore } from "../model/core.ts";
import type { Outcome } from "../model/network.ts";
import { hashKey } from "../random/hash32.ts";
import type { Quantization } from "./quantization.ts";
import { LOSS_UNITS, type VectorLayout } from "./vectorLayout.ts";

/** Tells the words that round apart from those of dropout, which have the same key. */
const ROUNDING = 0x726f756e;

/** What came of a slot's micro-batch, and the key of its random numbers. */
export interface Slot extends Outcome {
  readonly images: number;
  readonly randomness: number;
}

/** The integers of the slots added so far. */
export interface SlotSum {
  /** Rounds the gradient vector to integers and adds them, with what was counted. */
  add(gradient: Address, exponents: Address, slot: Slot): void;
  /** Copies the sum and begins anew. */
  take(into: Int32Array): void;
}

export function createSlotSum(core: EngineCore, layout: VectorLayout, { bits, stochastic, limit, counterLimit }: Quantization): SlotSum {
  const { memory, vector } = core;
  const sums = memory.allocate(layout.length);
  const faults = memory.allocate(2);
  const maxima = sums + layout.sumLength;
  const clear = (): void => {
    memory.i32.fill(0, sums, maxima);
    memory.i32.fill(ZERO_EXPONENT, maxima, sums + layout.length);
  };
  const count = (position: number, value: number): void => {
    memory.i32[sums + position] += Math.min(value, counterLimit);
  };
  clear();
  return {
    add: (gradient, exponents, { lossSum, correct, images, randomness }) => {
      const { i32 } = memory;
      i32.fill(0, faults, faults + 2);
      layout.tensors.forEach(({ offset, elements }, t) => {
        const [from, into, shift] = [gradient + offset, sums + offset, bits - i32[exponents + t]];
        if (stochastic) vector.quantizeStochastically(elements, from, into, shift, limit, faults, hashKey(randomness, ROUNDING, t));
        else vector.quantize(elements, from, into, shift, limit, faults);
        i32[maxima + t] = Math.max(i32[maxima + t], vector.maxExponent(elements, gradient + offset));
      });
      const loss = lossInteger(lossSum, counterLimit);
      count(layout.lossSum, loss ?? 0);
      count(layout.correct, correct);
      count(layout.images, images);
      count(layout.saturated, i32[faults]);
      count(layout.nonFinite, i32[faults + 1] + (loss === undefined ? 1 : 0));
    },
    take: (into) => {
      into.set(memory.i32.subarray(sums, sums + layout.length));
      clear();
    },
  };
}

/** The sum of losses in units of 2^-12, rounded to the nearest (halves up) and clamped to ±limit; undefined for NaN and ±∞. */
export function lossInteger(lossSum: number, limit: number): number | undefined {
  if (!Number.isFinite(lossSum)) return undefined;
  return Math.max(-limit, Math.min(limit, Math.round(lossSum * LOSS_UNITS)));
}
