import { elementsOf } from "../graph/shape.ts";
import type { Conv2dShape, Kernels } from "../kernels/kernels.ts";
import { outputSize } from "../kernels/outputSize.ts";
import { referenceKernels } from "../kernels/reference.ts";
import type { EngineMemory } from "../memory/engineMemory.ts";
import type { EngineCore } from "./core.ts";
import type { ModelDefinition } from "./definition.ts";
import { describeModel, gradientTensors, type ModelDescription } from "./description.ts";
import { buildProgram, type NetworkAddresses } from "./program.ts";

/** What a model takes, before any memory is taken for it. */
export interface ModelCost {
  readonly parameters: number;
  /** Multiplications with an addition each, of one image's forward pass: those of convolutions and linear layers. */
  readonly macs: number;
  /** What one peer contributes to a step: an int32 for each gradient and batch statistic, and a maximum for each tensor. */
  readonly gradientBytes: number;
  /** All maps that a forward pass writes, for a whole micro-batch. */
  readonly activationBytes: number;
  /** The most that maps and their gradients take at one time: what the memory plan makes of them. */
  readonly peakBytes: number;
}

const BYTES = 4; // of an f32, and of an int32
const COUNTERS = 5; // loss, right answers, images, saturated, not finite

/** Plans the model as for training, without kernels that run. */
export function modelCost(definition: ModelDefinition, microBatch: number): ModelCost {
  const description = describeModel(definition);
  const counter = macCounter();
  const { program } = buildProgram(counter.core, description, "training", microBatch, NOWHERE);
  const written = program.forward.flatMap(({ operands }) => operands.filter(({ access, buffer }) => access === "write" && !buffer.placed));
  const maps = new Set(written.map(({ buffer }) => buffer));
  return {
    parameters: description.parameterElements,
    macs: counter.macsOf(program.forward.map(({ kernel }) => kernel)),
    gradientBytes: BYTES * vectorElements(description),
    activationBytes: BYTES * [...maps].reduce((sum, { elements }) => sum + elements, 0),
    peakBytes: BYTES * program.arenaElements,
  };
}

function vectorElements(description: ModelDescription): number {
  const tensors = gradientTensors(description);
  return tensors.reduce((sum, { elements }) => sum + elements, 0) + COUNTERS + tensors.length;
}

/** Buffers need an address to be planned around, not a place. */
const NOWHERE: NetworkAddresses = {
  parameters: 0,
  statistics: 0,
  gradient: 0,
  input: 0,
  labels: 0,
  loss: 0,
  correct: 0,
  zeros: 0,
  batchNormScratch: 0,
};

/** A core whose convolutions remember how many multiplications each of them is. */
function macCounter(): { readonly core: EngineCore; readonly macsOf: (kernels: readonly object[]) => number } {
  const nothing: EngineMemory = { f32: new Float32Array(), i32: new Int32Array(), allocate: () => 0 };
  const { kernels, vector } = referenceKernels(() => nothing);
  const macs = new Map<object, number>();
  const counted = <K extends (...addresses: number[]) => void>(kernel: K, shape: Conv2dShape): K => {
    macs.set(kernel, convolutionMacs(shape));
    return kernel;
  };
  const counting: Kernels = {
    ...kernels,
    conv2d: (shape) => counted(kernels.conv2d(shape), shape),
    conv2dInputGradient: (shape, accumulate) => counted(kernels.conv2dInputGradient(shape, accumulate), shape), // a transposed one's forward
  };
  return {
    core: { kernels: counting, vector, memory: nothing, prepare: () => Promise.resolve() },
    macsOf: (called) => called.reduce((sum, kernel) => sum + (macs.get(kernel) ?? 0), 0),
  };
}

function convolutionMacs(shape: Conv2dShape): number {
  const { channels, outChannels, kernelHeight, kernelWidth, stride, padding, dilation, groups } = shape;
  const height = outputSize(shape.height, kernelHeight, stride, padding, dilation);
  const width = outputSize(shape.width, kernelWidth, stride, padding, dilation);
  const pixels = elementsOf({ height, width, channels: outChannels });
  return (pixels * kernelHeight * kernelWidth * channels) / groups;
}
