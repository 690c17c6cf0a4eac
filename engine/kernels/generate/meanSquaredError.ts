import { flushedFactor } from "./flush.ts";
import { forEachElement } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

/** loss[0] += Σ (x − target)² / elementsPerImage, dx = 2 (x − target) / elementsPerImage. (images, x, target, loss, dx) */
export function meanSquaredError(elementsPerImage: number): Recipe {
  return recipe(["x", "target", "loss", "dx"], (f, images, x, target, loss, dx) => {
    const total = f.f64(loss.f32().toF64());
    const difference = f.f32x4();
    const [low, high] = [f.f64x2(), f.f64x2()];
    f.loop(images, () => {
      low.set(0);
      high.set(0);
      forEachElement(f, f.i32(elementsPerImage), [x, target, dx], (lanes) => {
        difference.set(x.lanes(lanes).sub(target.lanes(lanes)));
        dx.store(flushedFactor(f, difference.mul(2 / elementsPerImage)), 0, lanes);
        const square = f.f32x4(difference.mul(difference));
        low.set(low.add(square.lowToF64x2()));
        high.set(high.add(square.highToF64x2()));
      });
      const sum = low
        .lane(0)
        .add(low.lane(1))
        .add(high.lane(0).add(high.lane(1)));
      total.set(total.add(sum.div(elementsPerImage)));
    });
    loss.store(total.toF32());
  });
}
