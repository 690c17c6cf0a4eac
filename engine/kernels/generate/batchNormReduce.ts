import type { BatchNormFusion } from "../kernels.ts";
import { sumOverPixels, toSingle } from "./channelSums.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

/**
 * g = dy, or dy where y > 0 with a fused ReLU; dbeta = Σ g, dgamma = Σ g (x − mean) / √(variance + epsilon), in one pass over the maps.
 * (pixels, dy, y, x, mean, variance, g, dgammaAndDbeta)
 */
export function batchNormReduce(channels: number, epsilon: number, fusion: BatchNormFusion): Recipe {
  const buffers = ["dy", "y", "x", "mean", "variance", "g", "dgammaAndDbeta"] as const;
  return recipe(buffers, (f, pixels, dy, y, x, mean, variance, g, dgamma) => {
    if (!fusion.relu) f.if(g.differsFrom(dy), () => f.copy(g, dy, pixels.mul(channels)));
    const [gradient, output, input, passed] = [f.pointer(), f.pointer(), f.pointer(), f.pointer()];
    const value = f.f32x4();
    forEachChannelGroup(f, channels, [dy, y, x, mean, variance, g, dgamma], (lanes) => {
      const means = lanes.map((count, v) => f.f32x4(mean.lanes(count, 4 * v)));
      gradient.set(dy);
      output.set(y);
      input.set(x);
      passed.set(g);
      const maps = fusion.relu ? [gradient, input, output, passed] : [gradient, input];
      const strides = maps.map((pointer) => [pointer, channels] as const);
      const totals = sumOverPixels(f, pixels, strides, 2 * lanes.length, (sums) => {
        lanes.forEach((count, v) => {
          const at = 4 * v;
          const arriving = gradient.lanes(count, at);
          value.set(fusion.relu ? arriving.where(output.lanes(count, at).greater(0)) : arriving);
          if (fusion.relu) passed.store(value, at, count);
          sums[v].set(sums[v].add(value));
          sums[lanes.length + v].fma(value, input.lanes(count, at).sub(means[v]));
        });
      });
      lanes.forEach((count, v) => {
        const [sum, product] = [totals[v], totals[lanes.length + v]];
        const deviation = variance
          .lanes(count, 4 * v)
          .add(epsilon)
          .sqrt();
        dgamma.store(f.f32x4(toSingle(product.low, product.high).div(deviation)), 4 * v, count);
        dgamma.store(f.f32x4(toSingle(sum.low, sum.high)), channels + 4 * v, count);
      });
    });
  });
}
