import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import type { LaneCount, Pointer } from "../../wasm/pointer.ts";
import type { BatchNormFusion } from "../kernels.ts";
import { rowElements } from "./channelSums.ts";
import { flushedFactor } from "./flush.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { forEachPixelGroup } from "./pixelBlocks.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";

/**
 * y = (x − mean) · gamma / √(variance + epsilon) + beta [+ residual] [then ReLU].
 * (pixels, x, mean, variance, gamma, beta, y, residual)
 */
export function batchNorm(channels: number, epsilon: number, fusion: BatchNormFusion): Recipe {
  const buffers = ["x", "mean", "variance", "gamma", "beta", "y", "residual"] as const;
  const generate = (module: KernelModule) =>
    kernelFunction(module, buffers, (f, pixels, x, mean, variance, gamma, beta, y, residual) => {
      const factor = factorRow(f, module.scratch, channels, epsilon, variance, gamma);
      const maps = fusion.residual ? [x, y, residual] : [x, y];
      forEachPixelGroup(f, pixels, channels, { maps, rows: [mean, factor, beta] }, (lanes, [from, to, added], eachPixel) => {
        const group = vectorsOf(f, lanes, { mean, factor, beta });
        eachPixel(() => {
          for (const { count, at, mean, factor, beta } of group) {
            const normalized = from.lanes(count, at).sub(mean).multiplyAdd(factor, beta);
            const sum = fusion.residual ? normalized.add(added.lanes(count, at)) : normalized;
            to.store(flushedFactor(f, fusion.relu ? sum.max(0) : sum), at, count);
          }
        });
      });
    });
  return { scratchElements: rowElements(channels), generate };
}

/** gamma / √(variance + epsilon) of each channel, computed once and kept in scratch memory. */
export function factorRow(
  f: FunctionBuilder,
  scratch: Pointer,
  channels: number,
  epsilon: number,
  variance: PointerLocal,
  gamma: PointerLocal,
): PointerLocal {
  const row = f.pointer(scratch);
  forEachChannelGroup(f, channels, [variance, gamma, row], (lanes) => {
    lanes.forEach((count, v) => {
      const deviation = variance
        .lanes(count, 4 * v)
        .add(epsilon)
        .sqrt();
      row.store(gamma.lanes(count, 4 * v).div(deviation), 4 * v);
    });
  });
  for (const pointer of [variance, gamma, row]) pointer.advance(-channels);
  return row;
}

/** The vectors of a group of channels, with one local for each of the rows. */
export function vectorsOf<Name extends string>(
  f: FunctionBuilder,
  lanes: readonly LaneCount[],
  rows: Readonly<Record<Name, PointerLocal>>,
) {
  return lanes.map((count, v) => {
    const locals = (Object.entries(rows) as [Name, PointerLocal][]).map(([name, row]) => [name, f.f32x4(row.lanes(count, 4 * v))] as const);
    return { count, at: 4 * v, ...(Object.fromEntries(locals) as Record<Name, ReturnType<FunctionBuilder["f32x4"]>>) };
  });
}
