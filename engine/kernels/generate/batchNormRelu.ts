import { F32x4 } from "../../wasm/f32x4.ts";
import { F32 } from "../../wasm/floats.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import type { LaneCount } from "../../wasm/pointer.ts";
import { sumOverPixels, toSingle } from "./channelSums.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

/**
 * The backward pass of a batch norm with a ReLU, in two passes over dy and x:
 *
 *     reduce:    dy, x → dbeta = Σ g, dgamma = Σ g (x − mean) / √(variance + epsilon)
 *     backward:  dy, x → dx
 *
 * with g = dy where the normalised map was above 0. That is computed again, by the operations of the forward pass and so with its bits:
 * three more operations on registers cost less than reading y and writing g.
 */
interface Statistics {
  readonly mean: PointerLocal;
  readonly variance: PointerLocal;
  readonly gamma: PointerLocal;
  readonly beta: PointerLocal;
}

/** (pixels, dy, x, mean, variance, gamma, beta, dgammaAndDbeta) */
export function batchNormReluReduce(channels: number, epsilon: number): Recipe {
  const buffers = ["dy", "x", "mean", "variance", "gamma", "beta", "dgammaAndDbeta"] as const;
  return recipe(buffers, (f, pixels, dy, x, mean, variance, gamma, beta, dgamma) => {
    const [gradient, input, difference, value] = [f.pointer(), f.pointer(), f.f32x4(), f.f32x4()];
    forEachChannelGroup(f, channels, [dy, x, mean, variance, gamma, beta, dgamma], (lanes) => {
      const group = normalization(f, lanes, { mean, variance, gamma, beta }, epsilon);
      gradient.set(dy);
      input.set(x);
      const strides = [[gradient, channels] as const, [input, channels] as const];
      const totals = sumOverPixels(f, pixels, strides, 2 * lanes.length, (sums) => {
        group.forEach(({ count, at, mean, factor, beta }, v) => {
          difference.set(input.lanes(count, at).sub(mean));
          value.set(gradient.lanes(count, at).where(difference.multiplyAdd(factor, beta).greater(0)));
          sums[v].set(sums[v].add(value));
          sums[lanes.length + v].fma(value, difference);
        });
      });
      group.forEach(({ count, at, deviation }, v) => {
        const [sum, product] = [totals[v], totals[lanes.length + v]];
        dgamma.store(f.f32x4(toSingle(product.low, product.high).div(deviation)), at, count);
        dgamma.store(f.f32x4(toSingle(sum.low, sum.high)), channels + at, count);
      });
    });
  });
}

/** (pixels, dy, x, mean, variance, gamma, beta, dgammaAndDbeta, dx) */
export function batchNormReluBackward(channels: number, epsilon: number, accumulate: boolean): Recipe {
  const buffers = ["dy", "x", "mean", "variance", "gamma", "beta", "dgammaAndDbeta", "dx"] as const;
  return recipe(buffers, (f, pixels, dy, x, mean, variance, gamma, beta, dgamma, dx) => {
    const inversePixels = f.f32(F32.of(1).div(pixels.unsignedToF64().toF32()));
    const [gradient, input, output, difference] = [f.pointer(), f.pointer(), f.pointer(), f.f32x4()];
    forEachChannelGroup(f, channels, [dy, x, mean, variance, gamma, beta, dgamma, dx], (lanes) => {
      const group = normalization(f, lanes, { mean, variance, gamma, beta }, epsilon).map((part) => {
        const { count, at, factor, deviation } = part;
        const share = f.f32x4(factor.mul(F32x4.of(inversePixels)).negate());
        const slope = f.f32x4(share.mul(dgamma.lanes(count, at)).div(deviation));
        const offset = f.f32x4(share.mul(dgamma.lanes(count, channels + at)));
        return { ...part, slope, offset };
      });
      gradient.set(dy);
      input.set(x);
      output.set(dx);
      const strides = [gradient, input, output].map((pointer) => [pointer, channels] as const);
      f.walk(pixels, strides, () => {
        for (const { count, at, mean, factor, beta, slope, offset } of group) {
          difference.set(input.lanes(count, at).sub(mean));
          const passed = gradient.lanes(count, at).where(difference.multiplyAdd(factor, beta).greater(0));
          const value = passed.multiplyAdd(factor, difference.multiplyAdd(slope, offset));
          output.store(accumulate ? output.lanes(count, at).add(value) : value, at, count);
        }
      });
    });
  });
}

/** What the forward pass computed with, of each vector of a group of channels. */
function normalization(f: FunctionBuilder, lanes: readonly LaneCount[], { mean, variance, gamma, beta }: Statistics, epsilon: number) {
  return lanes.map((count, v) => {
    const at = 4 * v;
    const deviation = f.f32x4(variance.lanes(count, at).add(epsilon).sqrt());
    const factor = f.f32x4(gamma.lanes(count, at).div(deviation));
    return { count, at, deviation, factor, mean: f.f32x4(mean.lanes(count, at)), beta: f.f32x4(beta.lanes(count, at)) };
  });
}
