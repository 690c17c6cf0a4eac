import { powerOfTwo } from "./powerOfTwo.ts";

const LN2_HIGH = 0.6931471803691238; // the upper 32 bits of ln 2: k · LN2_HIGH is exact for |k| < 2^20
const LN2_LOW = 1.9082149292705877e-10;
/** 1/n! for n = 13 … 0; the next term is below 5e-18 for |r| ≤ ln 2 / 2. */
const COEFFICIENTS = reciprocalFactorials(13);

/** e^x in f64 by IEEE basic operations only: x = k ln 2 + r, then the Taylor polynomial of r. Within 2 units in the last place. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.78) return Number.POSITIVE_INFINITY;
  if (x < -708) return 0; // results below the smallest normal number are 0 by definition
  const k = Math.round(x * Math.LOG2E);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 0;
  for (const coefficient of COEFFICIENTS) sum = sum * r + coefficient;
  return k > 1000 ? sum * powerOfTwo(1000) * powerOfTwo(k - 1000) : sum * powerOfTwo(k);
}

function reciprocalFactorials(highest: number): readonly number[] {
  const values = [1];
  for (let n = 1, factorial = 1; n <= highest; n++) {
    factorial *= n;
    values.unshift(1 / factorial);
  }
  return values;
}
