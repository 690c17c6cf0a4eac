import type { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";

/** A vector, or a known zero (padding), which costs nothing. */
export type Term = F32x4 | undefined;

/** A linear map of a few vectors to a few vectors, with its sums and products shared. */
export interface Transform {
  /** The factors that it multiplies by; they are in locals before the loop begins. */
  readonly factors: readonly number[];
  apply(f: FunctionBuilder, values: readonly Term[], factor: (value: number) => F32x4): readonly Term[];
}

/**
 * The transforms of Winograd's minimal filtering F(m, 3) (Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", 2016), which
 * computes m neighbouring outputs of a 3-tap filter with m + 2 products:
 *
 *     y = Aᵀ [(G g) ⊙ (Bᵀ d)]
 *
 * In two dimensions each is applied to the columns and then to the rows. The gradient of the filter is the same algorithm with the roles
 * changed, F(3, m): the filter is m outputs long, and 3 sums come out.
 */
export interface MinimalFiltering {
  /** Outputs along one axis. */
  readonly outputs: 2 | 4;
  /** Products along one axis: outputs + 2. */
  readonly points: 4 | 6;
  /** Bᵀ: m + 2 inputs. */
  readonly input: Transform;
  /** G: 3 weights. */
  readonly filter: Transform;
  /** Aᵀ: m + 2 products to m outputs. */
  readonly output: Transform;
  /** G of F(3, m): m gradients of outputs. */
  readonly gradient: Transform;
  /** Aᵀ of F(3, m): m + 2 products to 3 weights. */
  readonly filterGradient: Transform;
}

/** Interpolation at 0, 1, −1 and ∞. */
export const F2: MinimalFiltering = {
  outputs: 2,
  points: 4,
  input: { factors: [], apply: (_, [a, b, c, d]) => [minus(a, c), plus(b, c), minus(c, b), minus(b, d)] },
  filter: {
    factors: [0.5],
    apply: (f, [a, b, c], factor) => {
      const ends = keep(f, plus(a, c));
      return [a, times(factor(0.5), plus(ends, b)), times(factor(0.5), minus(ends, b)), c];
    },
  },
  output: {
    factors: [],
    apply: (_, [a, b, c, d]) => [plus(a, plus(b, c)), minus(minus(b, c), d)],
  },
  gradient: {
    factors: [0.5],
    apply: (_, [a, b], factor) => [a, times(factor(0.5), plus(a, b)), times(factor(0.5), minus(a, b)), b],
  },
  filterGradient: {
    factors: [],
    apply: (f, [a, b, c, d]) => {
      const sum = keep(f, plus(b, c));
      return [plus(a, sum), minus(b, c), minus(sum, d)];
    },
  },
};

const NEAR = 5 / 8;
const FAR = 3 / 2;
const [NEAR_SQUARE, FAR_SQUARE] = [NEAR * NEAR, FAR * FAR];
const [SQUARES_SUM, SQUARES_PRODUCT] = [NEAR_SQUARE + FAR_SQUARE, NEAR_SQUARE * FAR_SQUARE];
const NEAR_SHARE = 1 / (2 * NEAR_SQUARE * (NEAR_SQUARE - FAR_SQUARE)); // 1 / Π (point − other point)
const FAR_SHARE = 1 / (2 * FAR_SQUARE * (FAR_SQUARE - NEAR_SQUARE));

/**
 * Interpolation at 0, ±5/8, ±3/2 and ∞, the points that oneDNN uses: products of similar size, and so half the error of 0, ±1, ±2 and ∞
 * (Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", 2020). The factors of
 * the inputs are exact in single precision. Opposite points share their even and their odd terms.
 */
export const F4: MinimalFiltering = {
  outputs: 4,
  points: 6,
  input: {
    factors: [NEAR, FAR, NEAR_SQUARE, FAR_SQUARE, SQUARES_SUM, SQUARES_PRODUCT],
    apply: (f, [d0, d1, d2, d3, d4, d5], factor) => {
      const [squaresSum, squaresProduct] = [factor(SQUARES_SUM), factor(SQUARES_PRODUCT)];
      const nearEven = keep(f, minusTimes(d4, factor(FAR_SQUARE), d2));
      const nearOdd = keep(f, minusTimes(d3, factor(FAR_SQUARE), d1));
      const farEven = keep(f, minusTimes(d4, factor(NEAR_SQUARE), d2));
      const farOdd = keep(f, minusTimes(d3, factor(NEAR_SQUARE), d1));
      return [
        plusTimes(minusTimes(d4, squaresSum, d2), squaresProduct, d0),
        plusTimes(nearEven, factor(NEAR), nearOdd),
        minusTimes(nearEven, factor(NEAR), nearOdd),
        plusTimes(farEven, factor(FAR), farOdd),
        minusTimes(farEven, factor(FAR), farOdd),
        plusTimes(minusTimes(d5, squaresSum, d3), squaresProduct, d1),
      ];
    },
  },
  filter: {
    factors: [1 / SQUARES_PRODUCT, ...powers(NEAR_SHARE, NEAR, 3), ...powers(FAR_SHARE, FAR, 3)],
    apply: (f, [g0, g1, g2], factor) => [
      times(factor(1 / SQUARES_PRODUCT), g0),
      ...opposite(f, [g0, g1, g2], powers(NEAR_SHARE, NEAR, 3).map(factor)),
      ...opposite(f, [g0, g1, g2], powers(FAR_SHARE, FAR, 3).map(factor)),
      g2,
    ],
  },
  output: {
    factors: [...powers(1, NEAR, 4), ...powers(1, FAR, 4)],
    apply: (f, [m0, m1, m2, m3, m4, m5], factor) => {
      const [near, nearDifference, far, farDifference] = pairs(f, m1, m2, m3, m4);
      return [
        plus(plus(m0, near), far),
        plusTimes(times(factor(NEAR), nearDifference), factor(FAR), farDifference),
        plusTimes(times(factor(NEAR_SQUARE), near), factor(FAR_SQUARE), far),
        plusTimes(plusTimes(m5, factor(NEAR * NEAR_SQUARE), nearDifference), factor(FAR * FAR_SQUARE), farDifference),
      ];
    },
  },
  gradient: {
    factors: [1 / SQUARES_PRODUCT, ...powers(NEAR_SHARE, NEAR, 4), ...powers(FAR_SHARE, FAR, 4)],
    apply: (f, [g0, g1, g2, g3], factor) => [
      times(factor(1 / SQUARES_PRODUCT), g0),
      ...opposite(f, [g0, g1, g2, g3], powers(NEAR_SHARE, NEAR, 4).map(factor)),
      ...opposite(f, [g0, g1, g2, g3], powers(FAR_SHARE, FAR, 4).map(factor)),
      g3,
    ],
  },
  filterGradient: {
    factors: [...powers(1, NEAR, 3), ...powers(1, FAR, 3)],
    apply: (f, [m0, m1, m2, m3, m4, m5], factor) => {
      const [near, nearDifference, far, farDifference] = pairs(f, m1, m2, m3, m4);
      return [
        plus(plus(m0, near), far),
        plusTimes(times(factor(NEAR), nearDifference), factor(FAR), farDifference),
        plusTimes(plusTimes(m5, factor(NEAR_SQUARE), near), factor(FAR_SQUARE), far),
      ];
    },
  },
};

/** share, share · point, share · point² …: what each value is multiplied by at a point. */
function powers(share: number, point: number, count: number): readonly number[] {
  const factors = [share];
  while (factors.length < count) factors.push(factors[factors.length - 1] * point);
  return factors;
}

/** A polynomial with these values as coefficients, at a point and at the opposite one: even terms ± odd terms. */
function opposite(f: FunctionBuilder, [g0, g1, g2, g3]: readonly Term[], factors: readonly F32x4[]): readonly Term[] {
  const [f0, f1, f2, f3] = factors;
  const even = keep(f, plusTimes(times(f0, g0), f2, g2));
  const odd = keep(f, f3 === undefined ? times(f1, g1) : plusTimes(times(f1, g1), f3, g3));
  return [plus(even, odd), minus(even, odd)];
}

/** m₁ + m₂, m₁ − m₂, m₃ + m₄, m₃ − m₄: what the products at opposite points have in common. */
function pairs(f: FunctionBuilder, m1: Term, m2: Term, m3: Term, m4: Term): readonly Term[] {
  return [plus(m1, m2), minus(m1, m2), plus(m3, m4), minus(m3, m4)].map((term) => keep(f, term));
}

/** Computed once, for more than one use. */
function keep(f: FunctionBuilder, term: Term): Term {
  return term === undefined ? undefined : f.f32x4(term);
}

function plus(a: Term, b: Term): Term {
  if (a === undefined) return b;
  return b === undefined ? a : a.add(b);
}

function minus(a: Term, b: Term): Term {
  if (b === undefined) return a;
  return a === undefined ? b.negate() : a.sub(b);
}

function times(factor: F32x4, a: Term): Term {
  return a?.mul(factor);
}

/** a + factor · b */
function plusTimes(a: Term, factor: F32x4, b: Term): Term {
  if (b === undefined) return a;
  return a === undefined ? b.mul(factor) : b.multiplyAdd(factor, a);
}

/** a − factor · b */
function minusTimes(a: Term, factor: F32x4, b: Term): Term {
  if (b === undefined) return a;
  return a === undefined ? b.mul(factor).negate() : b.multiplySubtractFrom(factor, a);
}
