import { F64x2 } from "../../wasm/f64x2.ts";
import { F64 } from "../../wasm/floats.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import { forEachTotal, type Sum, sumOverPixels, sumScratch, toSingle } from "./channelSums.ts";
import { flushed } from "./flush.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";

/**
 * mean[c] and (biased) variance[c] over the pixels, in one pass: with d = x − x[first pixel] instead of x, Σ d²/n − (Σ d/n)² loses
 * nothing to a large mean, and is exactly 0 for a constant channel. (pixels, x, mean, variance)
 */
export function batchNormStatistics(channels: number): Recipe {
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "mean", "variance"], (f, pixels, x, mean, variance) => {
      const sums = { channels, kinds: 2, scratch: module.scratch };
      const first = f.pointer(x);
      const difference = f.f32x4();
      sumOverPixels(f, sums, pixels, { maps: [x], rows: [first] }, (lanes, [pixel]) => {
        const origin = lanes.map((count, v) => f.f32x4(first.lanes(count, 4 * v)));
        return (group) => {
          group.forEach(([sum, squares], v) => {
            difference.set(pixel.lanes(lanes[v], 4 * v).sub(origin[v]));
            sum.set(sum.add(difference));
            squares.fma(difference, difference);
          });
        };
      });
      const inversePixels = f.f64(F64.of(1).div(pixels.unsignedToF64()));
      forEachTotal(f, sums, [first, mean, variance], (lanes, totals) => {
        totals.forEach(([sum, squares], v) => {
          const { shift, spread } = moments(f, sum, squares, inversePixels);
          mean.store(flushed(f, first.lanes(lanes[v], 4 * v).add(shift)), 4 * v, lanes[v]);
          variance.store(flushed(f, spread), 4 * v, lanes[v]);
        });
      });
    });
  return { scratchElements: sumScratch(channels, 2), generate };
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
  return {
    shift: toSingle({ low: low.mean, high: high.mean }),
    spread: toSingle({ low: low.variance, high: high.variance }),
  };
}
