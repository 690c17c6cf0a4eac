import type { Buffer } from "../graph/buffer.ts";
import { elementsOf, shapeText } from "../graph/shape.ts";
import type { Address } from "../kernels/kernels.ts";
import type { EngineCore } from "./core.ts";
import type { ModelDescription } from "./description.ts";
import { buildProgram, type NetworkAddresses, type VectorAddresses } from "./program.ts";

/** Over the images of one call. */
export interface Outcome {
  /** The sum over the images, not the mean. */
  readonly lossSum: number;
  readonly correct: number;
}

/** A model with memory and kernels: what runs on one micro-batch. Its parameters and gradients lie where its owner says. */
export interface Network {
  readonly description: ModelDescription;
  readonly microBatch: number;
  readonly dropoutLayers: number;
  readonly input: Address;
  readonly labels: Address;
  /** Of the last run of either kind, [images][classes]. */
  logits(mode: "training" | "evaluation"): Address;
  /** Forward and backward: the gradient of the summed loss, and the batch statistics, replace what was in the gradient vector. */
  gradient(images: number, randomness: number): Outcome;
  /** Forward with the running statistics. */
  evaluate(images: number): Outcome;
}

/** Plans and allocates; the kernels run after `core.prepare()`. */
export function createNetwork(core: EngineCore, description: ModelDescription, microBatch: number, vectors: VectorAddresses): Network {
  const { memory } = core;
  const normElements = 2 * Math.max(0, ...description.batchNorms.map(({ channels }) => channels));
  const addresses: NetworkAddresses = {
    ...vectors,
    input: memory.allocate(microBatch * elementsOf(description.definition.input)),
    labels: memory.allocate(microBatch),
    loss: memory.allocate(1),
    correct: memory.allocate(1),
    zeros: memory.allocate(normElements),
    batchNormScratch: memory.allocate(normElements),
  };
  const training = buildProgram(core, description, "training", microBatch, addresses);
  const evaluation = buildProgram(core, description, "evaluation", microBatch, addresses);
  const arenaElements = Math.max(training.program.arenaElements, evaluation.program.arenaElements);
  if (arenaElements > MAX_ARENA_ELEMENTS) throw new Error(tooLarge(description, microBatch, arenaElements));
  const arena = memory.allocate(arenaElements);
  const train = training.program.bind(arena);
  const test = evaluation.program.bind(arena);

  const run = (program: (images: number) => void, images: number): Outcome => {
    if (!(images >= 1 && images <= microBatch)) throw new RangeError(`expected 1 to ${microBatch} images (the micro-batch), got ${images}`);
    memory.f32[addresses.loss] = 0;
    memory.i32[addresses.correct] = 0;
    program(images);
    return { lossSum: memory.f32[addresses.loss], correct: memory.i32[addresses.correct] };
  };
  const trainingStep = (images: number): void => {
    train.forward(images);
    train.backward(images);
  };
  return {
    description,
    microBatch,
    dropoutLayers: training.dropoutKeys.length,
    input: addresses.input,
    labels: addresses.labels,
    logits: (mode) => (mode === "training" ? training : evaluation).output.address,
    gradient: (images, randomness) => {
      writeDropoutKeys(memory.i32, training.dropoutKeys, randomness);
      return run(trainingStep, images);
    },
    evaluate: (images) => run(test.forward, images),
  };
}

const MAX_ARENA_ELEMENTS = 2 ** 30; // 4 GiB of f32, all that a 32-bit address reaches

function tooLarge({ largest }: ModelDescription, microBatch: number, arenaElements: number): string {
  const gibibytes = ((4 * arenaElements) / 2 ** 30).toFixed(1);
  return (
    `expected maps that fit 4 GiB, got ${gibibytes} GiB for a micro-batch of ${microBatch} images; ` +
    `the largest map is that of ${largest.layer}, ${shapeText(largest.shape)} for each image`
  );
}

/** Every dropout layer draws from the stream (randomness, its number). */
function writeDropoutKeys(i32: Int32Array, keys: readonly Buffer[], randomness: number): void {
  keys.forEach((key, layer) => {
    i32[key.address] = randomness;
    i32[key.address + 1] = layer;
  });
}
