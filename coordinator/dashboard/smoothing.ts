/**
 * Exponential moving average over about `steps` values, without the bias towards zero of its beginning:
 * m[i] = w · m[i−1] + (1−w) · y[i], smooth[i] = m[i] / (1 − wⁱ⁺¹), with w = 1 − 1/steps. Values that are not finite are passed over.
 */
export function smooth(values: readonly number[], steps: number): Float64Array {
  const w = 1 - 1 / Math.max(1, steps);
  const result = new Float64Array(values.length);
  let mean = 0;
  let weight = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isFinite(value)) {
      mean = w * mean + (1 - w) * value;
      weight = w * weight + (1 - w);
    }
    result[i] = weight === 0 ? Number.NaN : mean / weight;
  }
  return result;
}

/** What the smoothing slider offers, in steps; 1 is none. */
export const SMOOTHING_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;
