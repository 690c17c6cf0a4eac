import type { Kernels, Pool2dShape } from "../kernels.ts";
import { outputSize } from "../outputSize.ts";
import type { ReferenceMemorySource } from "../reference.ts";
import { flushFactor } from "./flush.ts";

type PoolingKernels = Pick<Kernels, "maxPool2d" | "maxPool2dBackward" | "meanPool2d" | "meanPool2dBackward">;

export function poolingReference(memory: ReferenceMemorySource): PoolingKernels {
  return {
    maxPool2d: (shape) => (images, x, y, argmax) => {
      const { f32, i32 } = memory();
      forEachWindow(images, shape, (image, output, channel, pixels) => {
        let best = -1;
        let largest = Number.NEGATIVE_INFINITY;
        for (const pixel of pixels) {
          const value = f32[x + image * inputElements(shape) + pixel * shape.channels + channel];
          if (best < 0 || value > largest || Number.isNaN(value)) {
            best = pixel * shape.channels + channel;
            largest = value;
          }
        }
        f32[y + output] = largest;
        i32[argmax + output] = best;
      });
    },
    maxPool2dBackward: (shape, accumulate) => (images, dy, argmax, dx) => {
      const { f32, i32 } = memory();
      if (!accumulate) f32.fill(0, dx, dx + images * inputElements(shape));
      forEachWindow(images, shape, (image, output) => {
        f32[dx + image * inputElements(shape) + i32[argmax + output]] += f32[dy + output];
      });
    },
    meanPool2d: (shape, countPadding) => (images, x, y) => {
      const h = memory().f32;
      forEachWindow(images, shape, (image, output, channel, pixels) => {
        let sum = 0;
        for (const pixel of pixels) sum += h[x + image * inputElements(shape) + pixel * shape.channels + channel];
        h[y + output] = flushFactor(sum / divisor(shape, pixels, countPadding));
      });
    },
    meanPool2dBackward: (shape, countPadding, accumulate) => (images, dy, dx) => {
      const h = memory().f32;
      const sums = new Float64Array(images * inputElements(shape));
      forEachWindow(images, shape, (image, output, channel, pixels) => {
        const share = flushFactor(h[dy + output] / divisor(shape, pixels, countPadding));
        for (const pixel of pixels) sums[image * inputElements(shape) + pixel * shape.channels + channel] += share;
      });
      for (let i = 0; i < sums.length; i++) h[dx + i] = accumulate ? h[dx + i] + sums[i] : sums[i];
    },
  };
}

/** Every output element with the pixels (row · width + column) of its window that lie inside the map, in rows from the top left. */
function forEachWindow(
  images: number,
  shape: Pool2dShape,
  visit: (image: number, output: number, channel: number, pixels: readonly number[]) => void,
): void {
  const { height, width, channels, kernelHeight, kernelWidth, stride, padding } = shape;
  const outHeight = outputSize(height, kernelHeight, stride, padding);
  const outWidth = outputSize(width, kernelWidth, stride, padding);
  for (let image = 0; image < images; image++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const rows = within(oy * stride - padding, kernelHeight, height);
        const columns = within(ox * stride - padding, kernelWidth, width);
        const pixels = rows.flatMap((iy) => columns.map((ix) => iy * width + ix));
        const output = ((image * outHeight + oy) * outWidth + ox) * channels;
        for (let channel = 0; channel < channels; channel++) visit(image, output + channel, channel, pixels);
      }
    }
  }
}

/** The positions first, first + 1, … of `count` that lie in [0, size). */
function within(first: number, count: number, size: number): readonly number[] {
  return Array.from({ length: count }, (_, k) => first + k).filter((position) => position >= 0 && position < size);
}

function divisor(shape: Pool2dShape, pixels: readonly number[], countPadding: boolean): number {
  return countPadding ? shape.kernelHeight * shape.kernelWidth : pixels.length;
}

function inputElements(shape: Pool2dShape): number {
  return shape.height * shape.width * shape.channels;
}
