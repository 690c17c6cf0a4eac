import { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { I32Local, LocalOf, PointerLocal } from "../../wasm/locals.ts";
import type { LaneCount, Pointer } from "../../wasm/pointer.ts";
import type { LocalResponseNormShape } from "../kernels.ts";
import { range } from "./axis.ts";
import { exp, log } from "./exponential.ts";
import { flushed, flushedFactor } from "./flush.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";

/**
 * y = x / d^beta, d = k + alpha/size · Σ x² over channels [c − ⌊size/2⌋, c + ⌊(size − 1)/2⌋]; `denominator` keeps d.
 * The squares of a pixel are written to scratch between zeros, so that a sum over neighbours is a sum of shifted loads:
 *
 *     scratch:  0 0 | x₀² x₁² x₂² x₃² x₄² … | 0 0 0
 *                └────sum────┘→ next vector
 *
 * (images, x, y, denominator)
 */
export function localResponseNorm(shape: LocalResponseNormShape): Recipe {
  const { height, width, channels, size, alpha, beta, k } = shape;
  return withNeighbourRow(shape, ["x", "y", "denominator"], (f, row, images, x, y, denominator) => {
    const strides = [x, y, denominator].map((pointer) => [pointer, channels] as const);
    f.walk(images.mul(height * width), strides, () => {
      const before = Math.floor(size / 2);
      forEachVector(f, channels, [x], row.plus(before), (lanes, at, [input], target) => {
        target.store(flushed(f, input.lanes(lanes, at).mul(input.lanes(lanes, at))), at, lanes);
      });
      forEachVector(f, channels, [x, y, denominator], row, (lanes, at, [input, output, kept], neighbours) => {
        const d = f.f32x4(
          sumOfNeighbours(neighbours, size, at)
            .mul(alpha / size)
            .add(k),
        );
        kept.store(d, at, lanes);
        output.store(flushedFactor(f, input.lanes(lanes, at).mul(inversePower(f, d, beta))), at, lanes);
      });
    });
  });
}

/** dx_j (+)= dy_j d_j^−beta − (2 alpha beta / size) x_j Σ dy_i y_i / d_i over the i whose window holds j. (images, x, y, denominator, dy, dx) */
export function localResponseNormBackward(shape: LocalResponseNormShape, accumulate: boolean): Recipe {
  const { height, width, channels, size, alpha, beta } = shape;
  return withNeighbourRow(shape, ["x", "y", "denominator", "dy", "dx"], (f, row, images, x, y, denominator, dy, dx) => {
    const strides = [x, y, denominator, dy, dx].map((pointer) => [pointer, channels] as const);
    f.walk(images.mul(height * width), strides, () => {
      const before = Math.floor((size - 1) / 2);
      forEachVector(f, channels, [y, denominator, dy], row.plus(before), (lanes, at, [output, kept, gradient], target) => {
        const share = gradient.lanes(lanes, at).mul(output.lanes(lanes, at)).div(kept.lanes(lanes, at));
        target.store(flushedFactor(f, share), at, lanes);
      });
      forEachVector(f, channels, [x, denominator, dy, dx], row, (lanes, at, [input, kept, gradient, result], neighbours) => {
        const direct = gradient.lanes(lanes, at).mul(inversePower(f, f.f32x4(kept.lanes(lanes, at)), beta));
        const factor = input.lanes(lanes, at).mul((2 * alpha * beta) / size);
        const value = f.f32x4(direct.sub(factor.mul(sumOfNeighbours(neighbours, size, at))));
        result.store(flushedFactor(f, accumulate ? result.lanes(lanes, at).add(value) : value), at, lanes);
      });
    });
  });
}

/** A kernel with a row of scratch memory that is 0 wherever the channels of a pixel, moved by up to `size`, leave it free. */
function withNeighbourRow<const Names extends readonly string[]>(
  { channels, size }: LocalResponseNormShape,
  buffers: Names,
  body: (f: FunctionBuilder, row: Pointer, images: I32Local, ...buffers: { [K in keyof Names]: PointerLocal }) => void,
): Recipe {
  const scratchElements = 4 * Math.ceil(channels / 4) + 4 * Math.ceil(size / 4) + 4;
  const generate = (module: KernelModule) =>
    kernelFunction(module, buffers, (f, images, ...pointers) => {
      const row = f.pointer(module.scratch);
      f.clear(row, scratchElements);
      body(f, row, images, ...pointers);
    });
  return { scratchElements, generate };
}

type VectorBody = (lanes: LaneCount, at: number, maps: readonly PointerLocal[], row: PointerLocal) => void;

/** All vectors of a pixel's channels; the body gets copies of the pointers that move along. */
function forEachVector(f: FunctionBuilder, channels: number, maps: readonly PointerLocal[], row: Pointer, body: VectorBody): void {
  const moving = maps.map((map) => f.pointer(map));
  const along = f.pointer(row);
  forEachChannelGroup(f, channels, [along, ...moving], (group) => {
    group.forEach((lanes, v) => {
      body(lanes, 4 * v, moving, along);
    });
  });
}

function sumOfNeighbours(row: Pointer, size: number, at: number): F32x4 {
  return range(size - 1).reduce<F32x4>((sum, i) => sum.add(row.f32x4(at + i + 1)), row.f32x4(at));
}

/** d^−beta; the usual powers are square roots, which are exact. */
function inversePower(f: FunctionBuilder, d: LocalOf["f32x4"], beta: number): F32x4 {
  if (beta === 0.75) {
    const root = f.f32x4(d.sqrt());
    return F32x4.of(1).div(root.mul(root.sqrt()));
  }
  if (beta === 0.5) return F32x4.of(1).div(d.sqrt());
  return exp(f, log(f, d).mul(-beta));
}
