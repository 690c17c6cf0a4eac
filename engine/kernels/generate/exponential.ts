import { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { LocalOf } from "../../wasm/locals.ts";

const LOG2_E = Math.LOG2E;
const LN2_HIGH = 0.693359375; // 355/512: k · LN2_HIGH is exact for |k| < 2^15
const LN2_LOW = Math.LN2 - LN2_HIGH;
/** 1/n! for n = 7 … 1: the next term is below 6e-9 of the result for |r| ≤ ln 2 / 2. */
const TAYLOR = [1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1];
const SMALLEST = -87.33654; // e^x is a denormal number below
const LARGEST = 88;
const EXPONENT_BIAS = 127;
const MANTISSA_BITS = 23;

/** e^x = power · (1 + rest) with a power of two. */
interface Exponential {
  readonly power: LocalOf["f32x4"];
  readonly rest: LocalOf["f32x4"];
}

/**
 * e^x within 2 units in the last place for −87.33 ≤ x ≤ 88: 0 below, e^88 above. Multiplications and additions are never fused here,
 * so the bits are the same in both classes of numerics.
 */
export function exp(f: FunctionBuilder, x: F32x4): LocalOf["f32x4"] {
  const argument = f.f32x4(x);
  const { power, rest } = reduce(f, argument);
  return f.f32x4(power.mul(rest.add(1)).except(argument.less(SMALLEST)));
}

/** e^x − 1 without cancellation near 0, for −87.33 ≤ x ≤ 88; −1 below. */
export function expMinusOne(f: FunctionBuilder, x: F32x4): LocalOf["f32x4"] {
  const { power, rest } = reduce(f, f.f32x4(x));
  return f.f32x4(power.mul(rest).add(power.sub(1)));
}

/** x = k ln 2 + r with |r| ≤ ln 2 / 2; power = 2^k, rest = e^r − 1. */
function reduce(f: FunctionBuilder, x: F32x4): Exponential {
  const bounded = f.f32x4(x.max(SMALLEST).min(LARGEST));
  const k = f.f32x4(bounded.mul(LOG2_E).nearest());
  const r = f.f32x4(bounded.sub(k.mul(LN2_HIGH)).sub(k.mul(LN2_LOW)));
  const rest = f.f32x4(TAYLOR[0]);
  for (const coefficient of TAYLOR.slice(1)) rest.set(rest.mul(r).add(coefficient));
  rest.set(rest.mul(r));
  const power = f.f32x4(k.toI32x4().add(EXPONENT_BIAS).shiftLeft(MANTISSA_BITS).asF32x4());
  return { power, rest };
}

const SQRT_HALF_BITS = 0x3f3504f3;
/** 2/n for n = 9, 7, 5, 3: the next term is below 4e-9 of the result for |s| ≤ 0.172. */
const ATANH_SERIES = [2 / 9, 2 / 7, 2 / 5, 2 / 3];

/** ln x within 2 units in the last place, for positive normal x: x = m · 2^k, √½ ≤ m < √2, ln m = 2 (s + s³/3 + s⁵/5 + …), s = (m − 1)/(m + 1). */
export function log(f: FunctionBuilder, x: F32x4): LocalOf["f32x4"] {
  const bits = f.i32x4(x.bits());
  const exponent = f.i32x4(bits.sub(SQRT_HALF_BITS).shiftRight(MANTISSA_BITS));
  const mantissa = f.f32x4(bits.sub(exponent.shiftLeft(MANTISSA_BITS)).asF32x4());
  const k = f.f32x4(exponent.toF32x4());
  const s = f.f32x4(mantissa.sub(1).div(mantissa.add(1)));
  const square = f.f32x4(s.mul(s));
  const series = f.f32x4(F32x4.of(ATANH_SERIES[0]));
  for (const coefficient of ATANH_SERIES.slice(1)) series.set(series.mul(square).add(coefficient));
  const rest = series.mul(square).mul(s).add(k.mul(LN2_LOW));
  return f.f32x4(k.mul(LN2_HIGH).add(s.add(s).add(rest)));
}
