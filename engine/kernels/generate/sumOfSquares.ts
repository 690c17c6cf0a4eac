import type { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionHandle } from "../../wasm/functionBuilder.ts";
import { Pointer } from "../../wasm/pointer.ts";
import type { KernelModule } from "./recipe.ts";

/** Σ x[i]² in f64: partial sum i mod 4 gets x[i]², the four are added in order. (count, x) */
export function sumOfSquares(module: KernelModule): FunctionHandle {
  return module.builder.functionWithResult(["i32", "i32"], "f64", (f, count, at) => {
    const x = f.pointer(Pointer.toElement(at));
    const [low, high] = [f.f64x2(0), f.f64x2(0)];
    const addSquares = (value: F32x4) => {
      const vector = f.f32x4(value);
      const halves = [f.f64x2(vector.lowToF64x2()), f.f64x2(vector.highToF64x2())];
      low.set(low.add(halves[0].mul(halves[0])));
      high.set(high.add(halves[1].mul(halves[1])));
    };
    f.walk(count.shiftRightUnsigned(2), [[x, 4]], () => addSquares(x.f32x4()));
    const rest = f.i32(count.and(3));
    for (const lanes of [1, 2, 3] as const) f.if(rest.equal(lanes), () => addSquares(x.lanes(lanes)));
    return low.lane(0).add(low.lane(1)).add(high.lane(0)).add(high.lane(1));
  });
}
