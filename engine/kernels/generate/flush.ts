import type { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { LocalOf } from "../../wasm/locals.ts";
import { FACTOR_FLUSHED_BELOW, STATE_FLUSHED_BELOW } from "../flushThresholds.ts";

/** v, or 0 where |v| < 1e−30: for state that decays. */
export function flushed(f: FunctionBuilder, v: F32x4): LocalOf["f32x4"] {
  return zeroBelow(f, v, STATE_FLUSHED_BELOW);
}

/** v, or 0 where |v| < 2^−56: for whatever will be a factor of products. */
export function flushedFactor(f: FunctionBuilder, v: F32x4): LocalOf["f32x4"] {
  return zeroBelow(f, v, FACTOR_FLUSHED_BELOW);
}

function zeroBelow(f: FunctionBuilder, v: F32x4, threshold: number): LocalOf["f32x4"] {
  const value = f.f32x4(v);
  value.set(value.except(value.abs().less(threshold)));
  return value;
}
