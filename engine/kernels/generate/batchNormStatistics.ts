import { F64x2 } from "../../wasm/f64x2.ts";
import { F64 } from "../../wasm/floats.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import { type Sum, sumOverPixels, toSingle } from "./channelSums.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

/**
 * mean[c] and (biased) variance[c] over the pixels, in one pass: with d = x − x[first pixel] instead of x, Σ d²/n − (Σ d/n)² loses
 * nothing to a large mean, and is exactly 0 for a constant channel. (pixels, x, mean, variance)
 */
export function batchNormStatistics(channels: number): Recipe {
  return recipe(["x", "mean", "variance"], (f, pixels, x, mean, variance) => {
    const pixel = f.pointer();
    const inversePixels = f.f64(F64.of(1).div(pixels.unsignedToF64()));
    forEachChannelGroup(f, channels, [x, mean, variance], (lanes) => {
      const origin = lanes.map((count, v) => f.f32x4(x.lanes(count, 4 * v)));
      const difference = f.f32x4();
      pixel.set(x);
      const totals = sumOverPixels(f, pixels, [[pixel, channels]], 2 * lanes.length, (sums) => {
        lanes.forEach((count, v) => {
          difference.set(pixel.lanes(count, 4 * v).sub(origin[v]));
          sums[v].set(sums[v].add(difference));
          sums[lanes.length + v].fma(difference, difference);
        });
      });
      lanes.forEach((count, v) => {
        const { shift, spread } = moments(f, totals[v], totals[lanes.length + v], inversePixels);
        mean.store(f.f32x4(origin[v].add(shift)), 4 * v, count);
        variance.store(f.f32x4(spread), 4 * v, count);
      });
    });
  });
}

/** Mean and variance of the differences. */
function moments(f: FunctionBuilder, sum: Sum, squares: Sum, inversePixels: F64) {
  const half = (total: Sum["low"], square: Sum["low"]) => {
    const mean = f.f64x2(total.mul(F64x2.of(inversePixels)));
    const variance = square.mul(F64x2.of(inversePixels)).sub(mean.mul(mean)).max(0);
    return { mean, variance };
  };
  const low = half(sum.low, squares.low);
  const high = half(sum.high, squares.high);
  return { shift: toSingle(low.mean, high.mean), spread: toSingle(low.variance, high.variance) };
}
