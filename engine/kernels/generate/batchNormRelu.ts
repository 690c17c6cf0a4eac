import { factorRow, vectorsOf } from "./batchNorm.ts";
import { gradientRowElements, gradientRows } from "./batchNormBackward.ts";
import { storeGradients } from "./batchNormReduce.ts";
import { rowElements, sumOverPixels, sumScratch } from "./channelSums.ts";
import { flushedFactor } from "./flush.ts";
import { forEachPixelGroup } from "./pixelBlocks.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";

/**
 * The backward pass of a batch norm with a ReLU, in two passes over dy and x:
 *
 *     reduce:    dy, x → dbeta = Σ g, dgamma = Σ g (x − mean) / √(variance + epsilon)
 *     backward:  dy, x → dx
 *
 * with g = dy where the normalised map was above 0. That is computed again, by the operations of the forward pass and so with its bits:
 * three more operations on registers cost less than reading y and writing g.
 *
 * (pixels, dy, x, mean, variance, gamma, beta, dgammaAndDbeta)
 */
export function batchNormReluReduce(channels: number, epsilon: number): Recipe {
  const buffers = ["dy", "x", "mean", "variance", "gamma", "beta", "dgammaAndDbeta"] as const;
  const generate = (module: KernelModule) =>
    kernelFunction(module, buffers, (f, pixels, dy, x, mean, variance, gamma, beta, dgamma) => {
      const factor = factorRow(f, module.scratch, channels, epsilon, variance, gamma);
      const sums = { channels, kinds: 2, scratch: factor.plus(rowElements(channels)) };
      const [difference, value] = [f.f32x4(), f.f32x4()];
      sumOverPixels(f, sums, pixels, { maps: [dy, x], rows: [mean, factor, beta] }, (lanes, [gradient, input]) => {
        const vectors = vectorsOf(f, lanes, { mean, factor, beta });
        return (group) => {
          vectors.forEach(({ count, at, mean, factor, beta }, v) => {
            const [sum, product] = group[v];
            difference.set(input.lanes(count, at).sub(mean));
            value.set(gradient.lanes(count, at).where(difference.multiplyAdd(factor, beta).greater(0)));
            sum.set(sum.add(value));
            product.fma(value, difference);
          });
        };
      });
      storeGradients(f, sums, epsilon, variance, dgamma);
    });
  return { scratchElements: rowElements(channels) + sumScratch(channels, 2), generate };
}

/** (pixels, dy, x, mean, variance, gamma, beta, dgammaAndDbeta, dx) */
export function batchNormReluBackward(channels: number, epsilon: number, accumulate: boolean): Recipe {
  const buffers = ["dy", "x", "mean", "variance", "gamma", "beta", "dgammaAndDbeta", "dx"] as const;
  const generate = (module: KernelModule) =>
    kernelFunction(module, buffers, (f, pixels, dy, x, mean, variance, gamma, beta, dgamma, dx) => {
      const { factor, slope, offset } = gradientRows(f, module.scratch, channels, epsilon, pixels, { variance, gamma, dgamma });
      const rows = [mean, factor, beta, slope, offset];
      const difference = f.f32x4();
      forEachPixelGroup(f, pixels, channels, { maps: [dy, x, dx], rows }, (lanes, [gradient, input, output], eachPixel) => {
        const group = vectorsOf(f, lanes, { mean, factor, beta, slope, offset });
        eachPixel(() => {
          for (const { count, at, mean, factor, beta, slope, offset } of group) {
            difference.set(input.lanes(count, at).sub(mean));
            const passed = gradient.lanes(count, at).where(difference.multiplyAdd(factor, beta).greater(0));
            const value = passed.multiplyAdd(factor, difference.multiplyAdd(slope, offset));
            output.store(flushedFactor(f, accumulate ? output.lanes(count, at).add(value) : value), at, count);
          }
        });
      });
    });
  return { scratchElements: gradientRowElements(channels), generate };
}
