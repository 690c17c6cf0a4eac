import type { Address } from "./kernels.ts";

/**
 * Kernels over the flat vectors (parameters, gradients, optimiser state, integers): the part of a step that every replica repeats.
 * Their bits are the run's bits: only operations whose result is fixed by IEEE 754 and by the order written in `reference`.
 * All are called with an element count first. Reference and generated form agree to the bit.
 */
export interface VectorKernels {
  /**
   * sums[i] += clamp(round(x[i] · 2^shift), ±limit) as int32; round half to even.
   * faults[0] += elements clamped, faults[1] += elements that are NaN or infinite (these add 0). Denormal products count as 0.
   */
  quantize(count: number, x: Address, sums: Address, shift: number, limit: number, faults: Address): void;
  /** The same with ⌊x[i] · 2^shift + u⌋ and u uniform in (0, 1): (h + ½) / 2^32 of h = hash32(key + i). */
  quantizeStochastically(count: number, x: Address, sums: Address, shift: number, limit: number, faults: Address, key: number): void;
  /** The smallest e with |x[i]| < 2^e for every finite x[i]; −149 or less for none: returns `ZERO_EXPONENT` when all are zero. */
  maxExponent(count: number, x: Address): number;
  /** y[i] = sums[i] · 2^−shift · factor: convert to f32 (nearest), then one multiplication by f32(2^−shift · factor). */
  dequantize(count: number, sums: Address, y: Address, shift: number, factor: number): void;
  /** y[i] += factor · (x[i] − y[i]), with |y| < 1e−30 flushed to 0: BatchNorm's running statistics. */
  lerp(count: number, x: Address, y: Address, factor: number): void;
  /** y[i] = a · x[i] + b · y[i], with |y| < 1e−30 flushed to 0; x may be y. */
  blend(count: number, x: Address, y: Address, a: number, b: number): void;
  /** 1 when every element of x is finite, else 0. */
  allFinite(count: number, x: Address): number;
  /** Σ x[i]² in f64, four interleaved partial sums added in order: gradient norms. */
  sumOfSquares(count: number, x: Address): number;
  /** XXH64 (seed 0) of the bytes of `count` 32-bit elements. */
  hash64(count: number, x: Address): bigint;
  /** x[i] = value. */
  fill(count: number, x: Address, value: number): void;

  /** Optimisers: `settings` is the address of f32 settings in the order that each optimiser's file exports. State is flushed (|v| < 1e−30 → 0), parameters too (|w| < 2^−56 → 0). */
  sgd(count: number, w: Address, g: Address, velocity: Address, settings: Address): void;
  adam(count: number, w: Address, g: Address, m: Address, v: Address, settings: Address): void;
  rmsprop(count: number, w: Address, g: Address, square: Address, momentum: Address, settings: Address): void;
  adagrad(count: number, w: Address, g: Address, sum: Address, settings: Address): void;
  adadelta(count: number, w: Address, g: Address, square: Address, delta: Address, settings: Address): void;
}

/** What `maxExponent` returns for a tensor of zeros. */
export const ZERO_EXPONENT = -1000;
