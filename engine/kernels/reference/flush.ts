import { FACTOR_FLUSHED_BELOW, STATE_FLUSHED_BELOW } from "../flushThresholds.ts";

/** v, or 0 where |v| < 1e−30 (as f32): for state that decays. */
export function flush(v: number): number {
  return Math.abs(v) < Math.fround(STATE_FLUSHED_BELOW) ? 0 : v;
}

/** v, or 0 where |v| < 2^−56: for whatever will be a factor of products. */
export function flushFactor(v: number): number {
  return Math.abs(v) < FACTOR_FLUSHED_BELOW ? 0 : v;
}
