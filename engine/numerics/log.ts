import { exp } from "./exp.ts";
import { splitPowerOfTwo } from "./powerOfTwo.ts";

const LN2_HIGH = 0.6931471803691238; // as in exp.ts
const LN2_LOW = 1.9082149292705877e-10;
const HIGHEST_TERM = 25; // s^27 / 27 < 1e-22 for |s| ≤ 0.172

/** ln x in f64 by IEEE basic operations only: x = m · 2^e with √½ ≤ m < √2, ln m = 2 (s + s³/3 + s⁵/5 + …), s = (m − 1)/(m + 1). */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  if (x < 2.2250738585072014e-308) throw new RangeError(`log expects a normal number, got ${x}`);
  let { mantissa, exponent } = splitPowerOfTwo(x);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let n = HIGHEST_TERM; n >= 1; n -= 2) sum = sum * square + 1 / n;
  return exponent * LN2_HIGH + (exponent * LN2_LOW + 2 * s * sum);
}

/** x^y = e^(y ln x) for x > 0; its relative error grows with |y ln x|. */
export function pow(x: number, y: number): number {
  return x === 0 ? (y === 0 ? 1 : 0) : exp(y * log(x));
}

/** x^n for an integer n ≥ 0, by squaring. */
export function integerPower(x: number, n: number): number {
  if (!Number.isInteger(n) || n < 0) throw new RangeError(`integerPower expects a whole number of at least 0, got ${n}`);
  let result = 1;
  for (let square = x, rest = n; rest > 0; rest = Math.floor(rest / 2), square *= square) if (rest % 2 === 1) result *= square;
  return result;
}
