import { exp } from "./exp.ts";

const TWO_OVER_SQRT_PI = 1.1283791670955126;

/** erf x = 2/√π e^(−x²) Σ 2^n x^(2n+1) / (1·3·5···(2n+1)): all terms have one sign, so nothing cancels. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x); // 1 − erf 6 < 2^-54
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_SQRT_PI * exp(-x * x) * sum;
}

/** tanh x = (1 − e^(−2|x|)) / (1 + e^(−2|x|)) with the sign of x. */
export function tanh(x: number): number {
  const power = exp(-2 * Math.abs(x));
  return (Math.sign(x) * (1 - power)) / (1 + power);
}

/** 1 / (1 + e^(−x)), without overflow on either side. */
export function sigmoid(x: number): number {
  const power = exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + power) : power / (1 + power);
}
