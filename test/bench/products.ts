import type { ModelDefinition } from "../../engine/index.ts";
import { forwardAxis } from "../../engine/kernels/generate/axis.ts";
import { strassenLevels, winogradGeometry } from "../../engine/kernels/generate/conv2d.ts";
import type { KernelOptions } from "../../engine/kernels/kernelSet.ts";
import type { Conv2dShape, Kernel, Kernels } from "../../engine/kernels/kernels.ts";
import { referenceKernels } from "../../engine/kernels/reference.ts";
import { describeModel } from "../../engine/model/description.ts";
import { buildProgram } from "../../engine/model/program.ts";

/**
 * Products of a step's forward and backward pass, each with its sum, as the kernels do them: Winograd's tiles · points² · channels ·
 * outChannels in place of the definition's, Strassen's 7/8 or 49/64 of them, and no products with padding. Transforms and everything else are not counted.
 */
export function stepProducts(definition: ModelDefinition, images: number, options: KernelOptions): number {
  const memory = { f32: new Float32Array(), i32: new Int32Array(), allocate: () => 0 };
  const { kernels, vector } = referenceKernels(() => memory);
  const products = new Map<Kernel, number>();
  const counted = (kernel: Kernel, shape: Conv2dShape): Kernel => {
    products.set(kernel, images * convolutionProducts(shape, options));
    return kernel;
  };
  const counting: Kernels = {
    ...kernels,
    conv2d: (shape) => counted(kernels.conv2d(shape), shape),
    conv2dInputGradient: (shape, accumulate) => counted(kernels.conv2dInputGradient(shape, accumulate), shape),
    conv2dWeightGradient: (shape, accumulate) => counted(kernels.conv2dWeightGradient(shape, accumulate), shape),
  };
  const core = { kernels: counting, vector, memory, prepare: () => Promise.resolve() };
  const { program } = buildProgram(core, describeModel(definition), "training", images, NOWHERE);
  return [...program.forward, ...program.backward].reduce((sum, { kernel }) => sum + (products.get(kernel) ?? 0), 0);
}

/** Of one image and one pass: all three passes are made of the same products. */
export function convolutionProducts(shape: Conv2dShape, options: KernelOptions): number {
  const { height, width, channels, outChannels, kernelHeight, kernelWidth, stride, padding, dilation, groups } = shape;
  const winograd = winogradGeometry(shape, options);
  if (winograd !== undefined) {
    const { outputs, points } = winograd.filtering;
    return Math.ceil(height / outputs) * Math.ceil(width / outputs) * points ** 2 * channels * outChannels;
  }
  const levels = strassenLevels(shape, options);
  if (levels !== undefined) return height * width * channels * outChannels * (7 / 8) ** levels;
  const taps = (size: number, kernel: number): number =>
    forwardAxis({ size, kernel, stride, padding, dilation }).taps.reduce((sum, met) => sum + met.length, 0);
  return (taps(height, kernelHeight) * taps(width, kernelWidth) * channels * outChannels) / groups;
}

const NOWHERE = {
  ...{ parameters: 0, statistics: 0, gradient: 0, input: 0, labels: 0 },
  ...{ loss: 0, correct: 0, zeros: 0, batchNormScratch: 0 },
};
