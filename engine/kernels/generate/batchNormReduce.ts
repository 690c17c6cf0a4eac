import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import type { BatchNormFusion } from "../kernels.ts";
import { type ChannelSums, forEachTotal, sumOverPixels, sumScratch, toSingle } from "./channelSums.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";

/**
 * g = dy, or dy where y > 0 with a fused ReLU; dbeta = Σ g, dgamma = Σ g (x − mean) / √(variance + epsilon), in one pass over the maps.
 * (pixels, dy, y, x, mean, variance, g, dgammaAndDbeta)
 */
export function batchNormReduce(channels: number, epsilon: number, fusion: BatchNormFusion): Recipe {
  const buffers = ["dy", "y", "x", "mean", "variance", "g", "dgammaAndDbeta"] as const;
  const generate = (module: KernelModule) =>
    kernelFunction(module, buffers, (f, pixels, dy, y, x, mean, variance, g, dgamma) => {
      if (!fusion.relu) f.if(g.differsFrom(dy), () => f.copy(g, dy, pixels.mul(channels)));
      const sums = { channels, kinds: 2, scratch: module.scratch };
      const maps = fusion.relu ? [dy, x, y, g] : [dy, x];
      const value = f.f32x4();
      sumOverPixels(f, sums, pixels, { maps, rows: [mean] }, (lanes, [gradient, input, output, passed]) => {
        const means = lanes.map((count, v) => f.f32x4(mean.lanes(count, 4 * v)));
        return (group) => {
          group.forEach(([sum, product], v) => {
            const [at, count] = [4 * v, lanes[v]];
            const arriving = gradient.lanes(count, at);
            value.set(fusion.relu ? arriving.where(output.lanes(count, at).greater(0)) : arriving);
            if (fusion.relu) passed.store(value, at, count);
            sum.set(sum.add(value));
            product.fma(value, input.lanes(count, at).sub(means[v]));
          });
        };
      });
      storeGradients(f, sums, epsilon, variance, dgamma);
    });
  return { scratchElements: sumScratch(channels, 2), generate };
}

/** dbeta = Σ g and dgamma = Σ g (x − mean) / √(variance + epsilon) from the two sums. */
export function storeGradients(f: FunctionBuilder, sums: ChannelSums, epsilon: number, variance: PointerLocal, dgamma: PointerLocal): void {
  forEachTotal(f, sums, [variance, dgamma], (lanes, totals) => {
    totals.forEach(([sum, product], v) => {
      const deviation = variance
        .lanes(lanes[v], 4 * v)
        .add(epsilon)
        .sqrt();
      dgamma.store(f.f32x4(toSingle(product).div(deviation)), 4 * v, lanes[v]);
      dgamma.store(f.f32x4(toSingle(sum)), sums.channels + 4 * v, lanes[v]);
    });
  });
}
