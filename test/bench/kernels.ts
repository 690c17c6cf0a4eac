/**
 * Speed of the generated convolutions, one thread: npx tsx test/bench/kernels.ts [plain|fused] [direct|winograd] [images]
 * GFLOP/s count the products and sums of the definition, so Winograd and dropped padding may exceed what the core can do.
 */
import { setFlagsFromString } from "node:v8";
import { generateKernels } from "../../engine/kernels/generateKernels.ts";
import type { ConvolutionChoice, Numerics } from "../../engine/kernels/kernelSet.ts";
import type { Conv2dShape, Kernel } from "../../engine/kernels/kernels.ts";
import { outputSize } from "../../engine/kernels/outputSize.ts";
import { type Stopwatch, stopwatch } from "./stopwatch.ts";

const [numerics = "plain", convolution = "winograd", imagesText = "32"] = process.argv.slice(2);
const images = Number(imagesText);
if (numerics === "fused") setFlagsFromString("--experimental-wasm-relaxed-simd"); // Node 20 has it, but not switched on

const three = { kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1, dilation: 1, groups: 1 };
const one = { ...three, kernelHeight: 1, kernelWidth: 1, padding: 0 };
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
  { ...three, height: 14, width: 14, channels: 6, outChannels: 16, kernelHeight: 5, kernelWidth: 5, padding: 0 },
  { ...one, height: 32, width: 32, channels: 64, outChannels: 64 },
  { ...one, height: 8, width: 8, channels: 512, outChannels: 256 },
  { ...one, height: 1, width: 1, channels: 512, outChannels: 512 },
  { ...three, height: 32, width: 32, channels: 64, outChannels: 64, groups: 64 },
  { ...three, height: 16, width: 16, channels: 128, outChannels: 128, groups: 128, stride: 2 },
  { ...three, height: 8, width: 8, channels: 256, outChannels: 256, groups: 256 },
];

const FIRST_BUFFER = 100_000; // behind those of the calibration

await main();

async function main(): Promise<void> {
  const set = generateKernels({ numerics: numerics as Numerics, convolution: convolution as ConvolutionChoice });
  const kernels = shapes.map((shape) => ({
    conv2d: set.kernels.conv2d(shape),
    inputGradient: set.kernels.conv2dInputGradient(shape, false),
    weightGradient: set.kernels.conv2dWeightGradient(shape, false),
  }));
  const calibration = stopwatch(set, 0);
  const buffers = Math.max(...shapes.map((shape) => elementsOf(shape).total)) + FIRST_BUFFER;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * (buffers + set.scratchElements())) / 65536) + 1 });
  const start = performance.now();
  await set.link(memory, buffers);
  console.log(`${numerics}, ${convolution}, ${images} images; linked in ${(performance.now() - start).toFixed(0)} ms`);
  const h = new Float32Array(memory.buffer);
  for (let i = 0; i < h.length; i++) h[i] = ((Math.imul(i, 0x9e3779b1) >>> 8) / 2 ** 24) * 2 - 1;
  const watch = calibration.start();
  console.log("GFLOP/s".padEnd(36), "forward  input gradient  weight gradient");
  shapes.forEach((shape, i) => {
    console.log(nameOf(shape).padEnd(36), speeds(watch, shape, kernels[i]));
  });
  console.log(`calibration (a product in the first-level cache): ${watch.fullSpeed().toFixed(1)} GFLOP/s`);
}

type Passes = Record<"conv2d" | "inputGradient" | "weightGradient", Kernel>;

function speeds(watch: Stopwatch, shape: Conv2dShape, kernels: Passes): string {
  const { input, output, filter, flop } = elementsOf(shape);
  const x = FIRST_BUFFER;
  const [dy, w, result] = [x + input, x + input + output, x + input + output + filter];
  const speed = (run: () => void) => (flop / watch.time(run) / 1e6).toFixed(1);
  const forward = speed(() => kernels.conv2d(images, x, w, result));
  const inputGradient = speed(() => kernels.inputGradient(images, dy, w, result));
  const weightGradient = speed(() => kernels.weightGradient(images, x, dy, result));
  return `${forward.padStart(7)} ${inputGradient.padStart(15)} ${weightGradient.padStart(16)}`;
}

function elementsOf(shape: Conv2dShape) {
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
