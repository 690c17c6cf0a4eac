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

/** Interpolation at 0, 1, −1, 2, −2 and ∞. */
export const F4: MinimalFiltering = {
  outputs: 4,
  points: 6,
  input: {
    factors: [2, 4, 5],
    apply: (f, [d0, d1, d2, d3, d4, d5], factor) => {
      const [two, four, five] = [factor(2), factor(4), factor(5)];
      const even = keep(f, minusTimes(d4, four, d2));
      const odd = keep(f, minusTimes(d3, four, d1));
      const evenDifference = keep(f, minus(d4, d2));
      const oddDifference = keep(f, minus(d3, d1));
      return [
        plusTimes(minusTimes(d4, five, d2), four, d0),
        plus(even, odd),
        minus(even, odd),
        plusTimes(evenDifference, two, oddDifference),
        minusTimes(evenDifference, two, oddDifference),
        plusTimes(minusTimes(d5, five, d3), four, d1),
      ];
    },
  },
  filter: {
    factors: [1 / 4, -1 / 6, 1 / 24, 1 / 12, 1 / 6],
    apply: (f, [g0, g1, g2], factor) => {
      const ends = keep(f, plus(g0, g2));
      const far = keep(f, plusTimes(times(factor(1 / 24), g0), factor(1 / 6), g2));
      return [
        times(factor(1 / 4), g0),
        times(factor(-1 / 6), plus(ends, g1)),
        times(factor(-1 / 6), minus(ends, g1)),
        plusTimes(far, factor(1 / 12), g1),
        minusTimes(far, factor(1 / 12), g1),
        g2,
      ];
    },
  },
  output: {
    factors: [2, 4, 8],
    apply: (f, [m0, m1, m2, m3, m4, m5], factor) => {
      const [near, nearDifference, far, farDifference] = pairs(f, m1, m2, m3, m4);
      return [
        plus(plus(m0, near), far),
        plusTimes(nearDifference, factor(2), farDifference),
        plusTimes(near, factor(4), far),
        plus(plusTimes(nearDifference, factor(8), farDifference), m5),
      ];
    },
  },
  gradient: {
    factors: [1 / 4, -1 / 6, 1 / 24, 1 / 12, 1 / 6, 1 / 3],
    apply: (f, [g0, g1, g2, g3], factor) => {
      const even = keep(f, plus(g0, g2));
      const odd = keep(f, plus(g1, g3));
      const farEven = keep(f, plusTimes(times(factor(1 / 24), g0), factor(1 / 6), g2));
      const farOdd = keep(f, plusTimes(times(factor(1 / 12), g1), factor(1 / 3), g3));
      return [
        times(factor(1 / 4), g0),
        times(factor(-1 / 6), plus(even, odd)),
        times(factor(-1 / 6), minus(even, odd)),
        plus(farEven, farOdd),
        minus(farEven, farOdd),
        g3,
      ];
    },
  },
  filterGradient: {
    factors: [2, 4],
    apply: (f, [m0, m1, m2, m3, m4, m5], factor) => {
      const [near, nearDifference, far, farDifference] = pairs(f, m1, m2, m3, m4);
      return [plus(plus(m0, near), far), plusTimes(nearDifference, factor(2), farDifference), plus(plusTimes(near, factor(4), far), m5)];
    },
  },
};

/** m₁ + m₂, m₁ − m₂, m₃ + m₄, m₃ − m₄: what the products at 1, −1 and at 2, −2 have in common. */
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
