/** One compared quantity of a case: `error` relative to the largest expected value, against its bound. */
export interface Comparison {
  readonly what: string;
  readonly error: number;
  readonly bound: number;
}

/** The largest |actual − expected|, relative to the largest |expected|; infinite for NaN and for lengths that differ. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i] - expected[i]);
    if (Number.isNaN(distance)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, distance);
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return largest === 0 ? difference : difference / largest;
}

export function failed({ error, bound }: Comparison): boolean {
  return !(error <= bound);
}
