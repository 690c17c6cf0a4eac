import type { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionBuilder, FunctionHandle } from "../../wasm/functionBuilder.ts";
import type { I32x4 } from "../../wasm/i32x4.ts";
import { I32 } from "../../wasm/integers.ts";
import type { LocalOf } from "../../wasm/locals.ts";
import { Pointer } from "../../wasm/pointer.ts";
import { forEachElement } from "./lanes.ts";
import type { KernelModule } from "./recipe.ts";

const INFINITY_BITS = 0x7f800000;
const MAGNITUDE_BITS = 0x7fffffff;
const MANTISSA_BITS = 23;
const EXPONENT_BIAS = 127;

/** The lanes that are neither infinite nor NaN. */
export function finiteLanes(x: F32x4): I32x4 {
  return x.bits().and(MAGNITUDE_BITS).less(INFINITY_BITS);
}

/** 1 when every element of x is finite, else 0. (count, x) */
export function allFinite(module: KernelModule): FunctionHandle {
  return module.builder.functionWithResult(["i32", "i32"], "i32", (f, count, at) => {
    const x = f.pointer(Pointer.toElement(at));
    const notFinite = f.i32x4(0);
    forEachElement(f, count, [x], (lanes) => notFinite.set(notFinite.or(finiteLanes(x.lanes(lanes)).equal(0))));
    return notFinite.any().isZero();
  });
}

/** `zero` when all finite elements are 0, else the smallest e with |x[i]| < 2^e for all of them. (count, x) */
export function maxExponent(module: KernelModule, zero: number): FunctionHandle {
  return module.builder.functionWithResult(["i32", "i32"], "i32", (f, count, at) => {
    const x = f.pointer(Pointer.toElement(at));
    // Bits of positive floats are ordered like the floats.
    const largest = f.i32x4(0);
    const value = f.f32x4();
    forEachElement(f, count, [x], (lanes) => {
      value.set(x.lanes(lanes));
      largest.set(largest.max(value.bits().and(MAGNITUDE_BITS).and(finiteLanes(value))));
    });
    const bits = f.i32(largestLane(f, largest));
    const normal = bits.shiftRightUnsigned(MANTISSA_BITS).sub(EXPONENT_BIAS - 1);
    const denormal = I32.of(32 - 149).sub(bits.leadingZeros()); // bits · 2^−149
    return I32.of(zero).onlyIf(bits.isZero(), denormal.onlyIf(bits.lessUnsigned(1 << MANTISSA_BITS), normal));
  });
}

function largestLane(f: FunctionBuilder, vector: LocalOf["i32x4"]): LocalOf["i32"] {
  const largest = f.i32(vector.lane(0));
  for (const lane of [1, 2, 3]) {
    const other = f.i32(vector.lane(lane));
    largest.set(other.onlyIf(other.greater(largest), largest));
  }
  return largest;
}
