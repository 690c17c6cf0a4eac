import type { FunctionHandle } from "../../wasm/functionBuilder.ts";
import { Pointer } from "../../wasm/pointer.ts";
import { flushed } from "./flush.ts";
import { forEachElement } from "./lanes.ts";
import type { KernelModule } from "./recipe.ts";

/** y[i] += factor · (x[i] − y[i]), flushed. (count, x, y, factor) */
export function lerp(module: KernelModule): FunctionHandle {
  return module.builder.function(["i32", "i32", "i32", "f32"], (f, count, xAt, yAt, factor) => {
    const [x, y] = [xAt, yAt].map((at) => f.pointer(Pointer.toElement(at)));
    const share = f.f32x4(factor);
    forEachElement(f, count, [x, y], (lanes) => {
      const difference = x.lanes(lanes).sub(y.lanes(lanes));
      y.store(flushed(f, y.lanes(lanes).add(share.mul(difference))), 0, lanes);
    });
  });
}

/** x[i] = value. (count, x, value) */
export function fill(module: KernelModule): FunctionHandle {
  return module.builder.function(["i32", "i32", "f32"], (f, count, at, value) => {
    const x = f.pointer(Pointer.toElement(at));
    const values = f.f32x4(value);
    forEachElement(f, count, [x], (lanes) => x.store(values, 0, lanes));
  });
}
