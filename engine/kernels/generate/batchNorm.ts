import type { BatchNormFusion } from "../kernels.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

/**
 * y = (x − mean) · gamma / √(variance + epsilon) + beta [+ residual] [then ReLU], channel groups outside, pixels inside:
 *
 *     x  pixel 0: c0 … c15 | c16 … c31        mean, factor and beta of 16 channels stay in registers
 *        pixel 1: c0 … c15 | c16 … c31        while all pixels go by
 *
 * (pixels, x, mean, variance, gamma, beta, y, residual)
 */
export function batchNorm(channels: number, epsilon: number, fusion: BatchNormFusion): Recipe {
  const buffers = ["x", "mean", "variance", "gamma", "beta", "y", "residual"] as const;
  return recipe(buffers, (f, pixels, x, mean, variance, gamma, beta, y, residual) => {
    const [from, to, added] = [f.pointer(), f.pointer(), f.pointer()];
    forEachChannelGroup(f, channels, [x, mean, variance, gamma, beta, y, residual], (lanes) => {
      const group = lanes.map((count, v) => ({
        count,
        at: 4 * v,
        mean: f.f32x4(mean.lanes(count, 4 * v)),
        factor: f.f32x4(
          gamma.lanes(count, 4 * v).div(
            variance
              .lanes(count, 4 * v)
              .add(epsilon)
              .sqrt(),
          ),
        ),
        beta: f.f32x4(beta.lanes(count, 4 * v)),
      }));
      from.set(x);
      to.set(y);
      added.set(residual);
      const maps = fusion.residual ? [from, to, added] : [from, to];
      const strides = maps.map((pointer) => [pointer, channels] as const);
      f.walk(pixels, strides, () => {
        for (const { count, at, mean, factor, beta } of group) {
          const normalized = from.lanes(count, at).sub(mean).multiplyAdd(factor, beta);
          const sum = fusion.residual ? normalized.add(added.lanes(count, at)) : normalized;
          to.store(fusion.relu ? sum.max(0) : sum, at, count);
        }
      });
    });
  });
}
