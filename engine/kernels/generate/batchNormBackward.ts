import { F32x4 } from "../../wasm/f32x4.ts";
import { F32 } from "../../wasm/floats.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import type { Pointer } from "../../wasm/pointer.ts";
import { factorRow, vectorsOf } from "./batchNorm.ts";
import { rowElements } from "./channelSums.ts";
import { flushedFactor } from "./flush.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { forEachPixelGroup } from "./pixelBlocks.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";

/**
 * dx (+)= a · (g − dbeta/n − (x − mean) · dgamma / (n √(variance + epsilon))) with a = gamma / √(variance + epsilon), n pixels; written as
 * a · g + (slope · (x − mean) + offset). (pixels, g, x, mean, variance, gamma, dgammaAndDbeta, dx)
 */
export function batchNormBackward(channels: number, epsilon: number, accumulate: boolean): Recipe {
  const buffers = ["g", "x", "mean", "variance", "gamma", "dgammaAndDbeta", "dx"] as const;
  const generate = (module: KernelModule) =>
    kernelFunction(module, buffers, (f, pixels, g, x, mean, variance, gamma, dgamma, dx) => {
      const { factor, slope, offset } = gradientRows(f, module.scratch, channels, epsilon, pixels, { variance, gamma, dgamma });
      const rows = [mean, factor, slope, offset];
      forEachPixelGroup(f, pixels, channels, { maps: [g, x, dx], rows }, (lanes, [gradient, input, output], eachPixel) => {
        const group = vectorsOf(f, lanes, { mean, factor, slope, offset });
        eachPixel(() => {
          for (const { count, at, mean, factor, slope, offset } of group) {
            const spread = input.lanes(count, at).sub(mean).multiplyAdd(slope, offset);
            const value = gradient.lanes(count, at).multiplyAdd(factor, spread);
            output.store(flushedFactor(f, accumulate ? output.lanes(count, at).add(value) : value), at, count);
          }
        });
      });
    });
  return { scratchElements: gradientRowElements(channels), generate };
}

/** Scratch memory of the rows. */
export function gradientRowElements(channels: number): number {
  return 3 * rowElements(channels);
}

/** What the gradient of an input is made of, for each channel, computed once, flushed, and kept in scratch memory. */
export function gradientRows(
  f: FunctionBuilder,
  scratch: Pointer,
  channels: number,
  epsilon: number,
  pixels: I32,
  { variance, gamma, dgamma }: { readonly variance: PointerLocal; readonly gamma: PointerLocal; readonly dgamma: PointerLocal },
) {
  const inversePixels = f.f32(F32.of(1).div(pixels.unsignedToF64().toF32()));
  const factor = factorRow(f, scratch, channels, epsilon, variance, gamma);
  const slope = f.pointer(factor.plus(rowElements(channels)));
  const offset = f.pointer(slope.plus(rowElements(channels)));
  forEachChannelGroup(f, channels, [variance, dgamma, factor, slope, offset], (lanes) => {
    lanes.forEach((count, v) => {
      const at = 4 * v;
      const deviation = variance.lanes(count, at).add(epsilon).sqrt();
      const share = f.f32x4(factor.f32x4(at).mul(F32x4.of(inversePixels)).negate());
      slope.store(flushedFactor(f, share.mul(dgamma.lanes(count, at)).div(deviation)), at);
      offset.store(flushedFactor(f, share.mul(dgamma.lanes(count, channels + at))), at);
    });
  });
  for (const row of [variance, dgamma, factor, slope, offset]) row.advance(-channels);
  return { factor, slope, offset };
}
