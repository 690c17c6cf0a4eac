import { ZERO_EXPONENT } from "../kernels/vectorKernels.ts";

/** Bits of int32 that the largest gradient of the last step leaves free for growth: 2^3. */
const HEADROOM_BITS = 3;

/** How the slots of a run become integers that can be added without overflow. */
export interface Quantization {
  /** What the largest |g| of the step before gets. */
  readonly bits: number;
  /** Asked for fewer than 22 bits: rounded up or down at random, such that on average nothing is lost. */
  readonly stochastic: boolean;
  /** Larger values saturate at ±limit. */
  readonly limit: number;
  /** What a slot may at most add to a counter, so that the sum over all slots stays an int32. */
  readonly counterLimit: number;
}

const MAX_GRADIENT_BITS = 22;
const MIN_GRADIENT_BITS = 8;
const EXPONENT_RANGE = { smallest: -100, largest: 128 }; // such that 2^±(bits − exponent) is a normal f32

/** bits = min(gradientBits, 31 − 3 − ⌈log₂ slots⌉): then slots · (2^(bits + 3) − 1) < 2^31. */
export function quantization(slots: number, gradientBits = MAX_GRADIENT_BITS): Quantization {
  if (!Number.isInteger(slots) || slots < 1) throw new RangeError(`expected a whole number of slots of at least 1, got ${slots}`);
  if (!Number.isInteger(gradientBits) || gradientBits < MIN_GRADIENT_BITS || gradientBits > MAX_GRADIENT_BITS) {
    throw new RangeError(`expected gradientBits from ${MIN_GRADIENT_BITS} to ${MAX_GRADIENT_BITS}, got ${gradientBits}`);
  }
  const slotBits = 32 - Math.clz32(slots - 1); // ⌈log₂ slots⌉
  const bits = Math.min(gradientBits, 31 - HEADROOM_BITS - slotBits);
  const stochastic = gradientBits < MAX_GRADIENT_BITS;
  return { bits, stochastic, limit: (1 << (bits + HEADROOM_BITS)) - 1, counterLimit: Math.floor(0x7fffffff / (1 << slotBits)) };
}

/** A tensor's exponent for the next step; a tensor of zeros keeps the one it has. */
export function nextExponent(current: number, maximum: number): number {
  if (maximum === ZERO_EXPONENT) return current;
  return Math.max(EXPONENT_RANGE.smallest, Math.min(EXPONENT_RANGE.largest, maximum));
}
