import { F32x4 } from "../../wasm/f32x4.ts";
import { F32 } from "../../wasm/floats.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

/**
 * dx (+)= a · (g − dbeta/n − (x − mean) · dgamma / (n √(variance + epsilon))) with a = gamma / √(variance + epsilon), n pixels; written as
 * a · g + (slope · (x − mean) + offset), whose constants stay in registers while all pixels go by.
 * (pixels, g, x, mean, variance, gamma, dgammaAndDbeta, dx)
 */
export function batchNormBackward(channels: number, epsilon: number, accumulate: boolean): Recipe {
  const buffers = ["g", "x", "mean", "variance", "gamma", "dgammaAndDbeta", "dx"] as const;
  return recipe(buffers, (f, pixels, g, x, mean, variance, gamma, dgamma, dx) => {
    const inversePixels = f.f32(F32.of(1).div(pixels.unsignedToF64().toF32()));
    const [gradient, input, output] = [f.pointer(), f.pointer(), f.pointer()];
    forEachChannelGroup(f, channels, [g, x, mean, variance, gamma, dgamma, dx], (lanes) => {
      const group = lanes.map((count, v) => {
        const at = 4 * v;
        const deviation = f.f32x4(variance.lanes(count, at).add(epsilon).sqrt());
        const factor = f.f32x4(gamma.lanes(count, at).div(deviation));
        const share = f.f32x4(factor.mul(F32x4.of(inversePixels)).negate());
        const slope = f.f32x4(share.mul(dgamma.lanes(count, at)).div(deviation));
        const offset = f.f32x4(share.mul(dgamma.lanes(count, channels + at)));
        return { count, at, mean: f.f32x4(mean.lanes(count, at)), factor, slope, offset };
      });
      gradient.set(g);
      input.set(x);
      output.set(dx);
      const strides = [gradient, input, output].map((pointer) => [pointer, channels] as const);
      f.walk(pixels, strides, () => {
        for (const { count, at, mean, factor, slope, offset } of group) {
          const spread = input.lanes(count, at).sub(mean).multiplyAdd(slope, offset);
          const value = gradient.lanes(count, at).multiplyAdd(factor, spread);
          output.store(accumulate ? output.lanes(count, at).add(value) : value, at, count);
        }
      });
    });
  });
}
