import type { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { LocalOf } from "../../wasm/locals.ts";

/** Denormal numbers run up to 180 times slower in WebAssembly: state that decays is 0 before it gets there. */
const FLUSH_BELOW = 1e-30;

/** v, or 0 where |v| < 1e−30. */
export function flushed(f: FunctionBuilder, v: F32x4): LocalOf["f32x4"] {
  const value = f.f32x4(v);
  value.set(value.except(value.abs().less(FLUSH_BELOW)));
  return value;
}
