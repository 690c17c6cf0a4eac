import type { FunctionHandle } from "../../wasm/functionBuilder.ts";
import { Pointer } from "../../wasm/pointer.ts";
import { flushed } from "./flush.ts";
import { forEachElement } from "./lanes.ts";
import type { KernelModule } from "./recipe.ts";

/** y[i] = a · x[i] + b · y[i], flushed. (count, x, y, a, b) */
export function blend(module: KernelModule): FunctionHandle {
  return module.builder.function(["i32", "i32", "i32", "f32", "f32"], (f, count, xAt, yAt, xShare, yShare) => {
    const [x, y] = [xAt, yAt].map((at) => f.pointer(Pointer.toElement(at)));
    const [a, b] = [f.f32x4(xShare), f.f32x4(yShare)];
    forEachElement(f, count, [x, y], (lanes) => y.store(flushed(f, a.mul(x.lanes(lanes)).add(b.mul(y.lanes(lanes)))), 0, lanes));
  });
}
