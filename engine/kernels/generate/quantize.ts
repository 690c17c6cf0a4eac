import { F64x2 } from "../../wasm/f64x2.ts";
import type { FunctionHandle } from "../../wasm/functionBuilder.ts";
import type { I32x4 } from "../../wasm/i32x4.ts";
import { Pointer } from "../../wasm/pointer.ts";
import { finiteLanes } from "./finite.ts";
import { forEachElement } from "./lanes.ts";
import type { KernelModule } from "./recipe.ts";

/**
 * sums[i] += clamp(round(x[i] · scale), ±limit) as int32, in double precision: the product with a power of two is exact, so
 * nothing depends on denormals. faults[0] counts the clamped, faults[1] the NaN and infinite, which add 0.
 * (count, x, sums, scale, limit, faults)
 */
export function quantize(module: KernelModule): FunctionHandle {
  return module.builder.function(["i32", "i32", "i32", "f64", "f64", "i32"], (f, count, xAt, sumsAt, scale, limit, faultsAt) => {
    const [x, sums, faults] = [xAt, sumsAt, faultsAt].map((at) => f.pointer(Pointer.toElement(at)));
    const [clamped, notFinite] = [f.i32(0), f.i32(0)];
    const [bound, factor] = [f.f64x2(limit), f.f64x2(scale)];
    const value = f.f32x4();
    forEachElement(f, count, [x, sums], (lanes) => {
      value.set(x.lanes(lanes));
      const finite = f.i32x4(finiteLanes(value));
      notFinite.increase(finite.equal(0).count());
      value.set(value.where(finite));
      const halves = [value.lowToF64x2(), value.highToF64x2()].map((half) => f.f64x2(half.mul(factor).nearest()));
      for (const half of halves) clamped.increase(half.abs().countGreater(bound));
      const [low, high] = halves.map((half) => half.min(bound).max(F64x2.of(0).sub(bound)).toI32x4());
      sums.store(f.i32x4(sums.lanes(lanes).bits().add(joinHalves(low, high))), 0, lanes);
    });
    faults.store(faults.i32().add(clamped));
    faults.store(faults.i32(1).add(notFinite), 1);
  });
}

/** y[i] = f32(sums[i]) · scale. (count, sums, y, scale) */
export function dequantize(module: KernelModule): FunctionHandle {
  return module.builder.function(["i32", "i32", "i32", "f32"], (f, count, sumsAt, yAt, scale) => {
    const [sums, y] = [sumsAt, yAt].map((at) => f.pointer(Pointer.toElement(at)));
    const factor = f.f32x4(scale);
    forEachElement(f, count, [sums, y], (lanes) => y.store(f.f32x4(sums.lanes(lanes).bits().toF32x4().mul(factor)), 0, lanes));
  });
}

function joinHalves(low: I32x4, high: I32x4): I32x4 {
  return low.asF32x4().shuffle(high.asF32x4(), [0, 1, 4, 5]).bits();
}
