import { describe, expect, test } from "vitest";
import { generateKernels } from "../../../engine/kernels/generateKernels.ts";
import type { Conv2dShape, Kernel, Kernels } from "../../../engine/kernels/kernels.ts";
import { referenceKernels } from "../../../engine/kernels/reference.ts";
import { generator } from "./kernelCase.ts";

const filter = { kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1, dilation: 1, groups: 1 };
const pointwise = { ...filter, kernelHeight: 1, kernelWidth: 1, padding: 0 };
const shapes: readonly (Conv2dShape & { readonly images: number })[] = [
  { ...filter, images: 4, height: 16, width: 16, channels: 16, outChannels: 16 },
  { ...filter, images: 2, height: 15, width: 13, channels: 64, outChannels: 32 },
  { ...filter, images: 3, height: 12, width: 12, channels: 33, outChannels: 31 },
  { ...filter, images: 2, height: 8, width: 8, channels: 256, outChannels: 128 },
  { ...filter, images: 1, height: 4, width: 4, channels: 512, outChannels: 512 },
  { ...pointwise, images: 3, height: 8, width: 8, channels: 128, outChannels: 192 },
  { ...pointwise, images: 2, height: 8, width: 8, channels: 256, outChannels: 528 },
  { ...pointwise, images: 9, height: 4, width: 4, channels: 512, outChannels: 512 },
  { ...pointwise, images: 2, height: 4, width: 4, channels: 1024, outChannels: 1024 },
];

/** Of the differences, relative to the root mean square of the values. A sum of 576 products in f32, one after the other, has 4e-7. */
const ROOT_MEAN_SQUARE = 1e-6;
const LARGEST = 1e-5;

type Pass = readonly [name: string, make: (kernels: Kernels, shape: Conv2dShape) => Kernel, buffers: readonly ("x" | "w" | "y")[]];

const passes: readonly Pass[] = [
  ["conv2d", (kernels, shape) => kernels.conv2d(shape), ["x", "w", "y"]],
  ["conv2dInputGradient", (kernels, shape) => kernels.conv2dInputGradient(shape, false), ["y", "w", "x"]],
  ["conv2dWeightGradient", (kernels, shape) => kernels.conv2dWeightGradient(shape, false), ["x", "y", "w"]],
];

describe.each(shapes)(
  "KE1 $kernelHeight×$kernelWidth at $height×$width×$channels → $outChannels by Winograd or Strassen is as exact as sums in single precision",
  (shape) => {
    test.each(passes)("%s", async (_name, make, buffers) => {
      const { images, height, width, channels, outChannels } = shape;
      const elements = {
        x: images * height * width * channels,
        w: shape.kernelHeight * shape.kernelWidth * channels * outChannels,
        y: images * height * width * outChannels,
      };
      const addresses = buffers.map((_, i) => buffers.slice(0, i).reduce((sum, name) => sum + elements[name], 0));
      const total = elements.x + elements.w + elements.y;
      const set = generateKernels({ numerics: "plain", convolution: "winograd" });
      const kernel = make(set.kernels, shape);
      const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * (total + set.scratchElements())) / 65536) });
      await set.link(memory, total);
      const h = new Float32Array(memory.buffer);
      const next = generator(1);
      for (let i = 0; i < total; i++) h[i] = Math.max(next() * 2 - 1, buffers[0] === "x" && i < elements.x ? 0 : -1); // x as a ReLU leaves it
      const expected = Float64Array.from(h.subarray(0, total));
      kernel(images, ...addresses);
      const reference = referenceKernels(() => ({ f32: expected, i32: new Int32Array(0) }));
      make(reference.kernels, shape)(images, ...addresses);
      const { rootMeanSquare, largest } = differences(h.subarray(addresses[2], total), expected.subarray(addresses[2]));
      expect(rootMeanSquare).toBeLessThan(ROOT_MEAN_SQUARE);
      expect(largest).toBeLessThan(LARGEST);
    });
  },
);

function differences(actual: Float32Array, expected: Float64Array) {
  const size = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0) / expected.length);
  const errors = expected.map((value, i) => Math.abs(actual[i] - value) / size);
  const rootMeanSquare = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
  return { rootMeanSquare, largest: errors.reduce((a, b) => Math.max(a, b), 0) };
}
