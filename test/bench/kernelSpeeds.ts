import { generateKernels } from "../../engine/kernels/generateKernels.ts";
import type { ConvolutionChoice, Numerics } from "../../engine/kernels/kernelSet.ts";
import type { Conv2dShape, Kernel } from "../../engine/kernels/kernels.ts";
import { outputSize } from "../../engine/kernels/outputSize.ts";
import { type Machine, measureMachine } from "./machine.ts";
import { type Stopwatch, stopwatch } from "./stopwatch.ts";

/** The speed of one pass of one convolution. */
export interface PassSpeed {
  /** Of the products and sums of the definition: Winograd and dropped padding may exceed what the core can do. */
  readonly gflops: number;
  /** The speed that is possible without fewer operations: the arithmetic's, or the memory's for a pass that reads and writes each map once. */
  readonly roofline: number;
}

export interface ConvolutionSpeed {
  readonly name: string;
  readonly forward: PassSpeed;
  readonly inputGradient: PassSpeed;
  readonly weightGradient: PassSpeed;
}

export interface KernelSpeeds {
  readonly machine: Machine;
  readonly convolutions: readonly ConvolutionSpeed[];
}

const three = { kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1, dilation: 1, groups: 1 };
const one = { ...three, kernelHeight: 1, kernelWidth: 1, padding: 0 };

/** Shapes of the models. */
const shapes: readonly Conv2dShape[] = [
  { ...three, height: 32, width: 32, channels: 3, outChannels: 16 },
  { ...three, height: 32, width: 32, channels: 16, outChannels: 16 },
  { ...three, height: 32, width: 32, channels: 16, outChannels: 32, stride: 2 },
  { ...three, height: 16, width: 16, channels: 32, outChannels: 32 },
  { ...three, height: 16, width: 16, channels: 32, outChannels: 64, stride: 2 },
  { ...three, height: 8, width: 8, channels: 64, outChannels: 64 },
  { ...three, height: 32, width: 32, channels: 64, outChannels: 64 },
  { ...three, height: 16, width: 16, channels: 128, outChannels: 128 },
  { ...three, height: 8, width: 8, channels: 256, outChannels: 256 },
  { ...three, height: 4, width: 4, channels: 512, outChannels: 512 },
  { ...three, height: 2, width: 2, channels: 512, outChannels: 512 },
  { ...three, height: 32, width: 32, channels: 3, outChannels: 6, kernelHeight: 5, kernelWidth: 5, padding: 0 },
  { ...three, height: 14, width: 14, channels: 6, outChannels: 16, kernelHeight: 5, kernelWidth: 5, padding: 0 },
  { ...one, height: 32, width: 32, channels: 64, outChannels: 64 },
  { ...one, height: 8, width: 8, channels: 512, outChannels: 256 },
  { ...one, height: 1, width: 1, channels: 512, outChannels: 512 },
  { ...three, height: 32, width: 32, channels: 64, outChannels: 64, groups: 64 },
  { ...three, height: 16, width: 16, channels: 128, outChannels: 128, groups: 128, stride: 2 },
  { ...three, height: 8, width: 8, channels: 256, outChannels: 256, groups: 256 },
];

const FIRST_BUFFER = 100_000; // behind those of the calibration

/** All passes of all shapes, one thread, for so many images. */
export async function kernelSpeeds(numerics: Numerics, convolution: ConvolutionChoice, images: number): Promise<KernelSpeeds> {
  const set = generateKernels({ numerics, convolution });
  const kernels = shapes.map((shape) => ({
    forward: set.kernels.conv2d(shape),
    inputGradient: set.kernels.conv2dInputGradient(shape, false),
    weightGradient: set.kernels.conv2dWeightGradient(shape, false),
  }));
  const calibration = stopwatch(set, 0);
  const buffers = Math.max(...shapes.map((shape) => elementsOf(shape, images).total)) + FIRST_BUFFER;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * (buffers + set.scratchElements())) / 65536) + 1 });
  await set.link(memory, buffers);
  const h = new Float32Array(memory.buffer);
  for (let i = 0; i < h.length; i++) h[i] = ((Math.imul(i, 0x9e3779b1) >>> 8) / 2 ** 24) * 2 - 1;
  const watch = calibration.start();
  const machine = await measureMachine(numerics === "fused");
  return { machine, convolutions: shapes.map((shape, i) => convolutionSpeed(watch, machine, shape, images, kernels[i])) };
}

type Passes = Record<"forward" | "inputGradient" | "weightGradient", Kernel>;

function convolutionSpeed(watch: Stopwatch, machine: Machine, shape: Conv2dShape, images: number, kernels: Passes): ConvolutionSpeed {
  const { input, output, filter, flop } = elementsOf(shape, images);
  const x = FIRST_BUFFER;
  const [dy, w, result] = [x + input, x + input + output, x + input + output + filter];
  const bytes = 4 * (input + output + filter);
  const roofline = Math.min(machine.gflops, (flop / bytes) * machine.gigabytesPerSecond);
  const speed = (run: () => void): PassSpeed => ({ gflops: flop / watch.time(run) / 1e6, roofline });
  return {
    name: nameOf(shape),
    forward: speed(() => kernels.forward(images, x, w, result)),
    inputGradient: speed(() => kernels.inputGradient(images, dy, w, result)),
    weightGradient: speed(() => kernels.weightGradient(images, x, dy, result)),
  };
}

function elementsOf(shape: Conv2dShape, images: number) {
  const { height, width, channels, outChannels, kernelHeight, kernelWidth, stride, padding, groups } = shape;
  const outPixels = outputSize(height, kernelHeight, stride, padding) * outputSize(width, kernelWidth, stride, padding);
  const [input, output] = [images * height * width * channels, images * outPixels * outChannels];
  const filter = (kernelHeight * kernelWidth * channels * outChannels) / groups;
  return { input, output, filter, total: input + output + filter + Math.max(input, output, filter), flop: 2 * images * outPixels * filter };
}

function nameOf(shape: Conv2dShape): string {
  const { height, channels, outChannels, kernelHeight, stride, groups } = shape;
  const kind = groups > 1 ? " depthwise" : "";
  return `${kernelHeight}×${kernelHeight}${kind} ${channels} → ${outChannels}, ${height}×${height}${stride > 1 ? `, stride ${stride}` : ""}`;
}
