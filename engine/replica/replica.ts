import { type NamedTensor, readSafetensors, writeSafetensors } from "../files/safetensors.ts";
import { elementsOf } from "../graph/shape.ts";
import type { EngineCore } from "../model/core.ts";
import { type ModelDefinition, withLabelSmoothing } from "../model/definition.ts";
import { describeModel, type ModelDescription, trainableParameters } from "../model/description.ts";
import { createNetwork } from "../model/network.ts";
import { weighBatchStatistics } from "../model/statistics.ts";
import { type ModelName, modelDefinition } from "../models/models.ts";
import { createOptimizer, type OptimizerConfig } from "../optimizers/optimizer.ts";
import { initializeParameters } from "../parameters/initialize.ts";
import { OPTIMIZER_PREFIX, readOptimizerState, type StateVector, writeOptimizerState } from "../parameters/optimizerState.ts";
import { initializeStatistics, type ModelVectors, readStateDict, writeStateDict } from "../parameters/stateDict.ts";
import { writeWhiteningFilters } from "../parameters/whitening.ts";
import { initializeExponents, measureExponents } from "./exponents.ts";
import { quantization } from "./quantization.ts";
import { createSlotSum, lossInteger, type Slot } from "./slotSum.ts";
import { allocateState, type StateLayout } from "./stateLayout.ts";
import { createUpdate, type StepMetrics, type StepOptions } from "./update.ts";
import { type VectorLayout, vectorLayout } from "./vectorLayout.ts";

/** What all replicas of a run agree on. */
export interface ReplicaConfig {
  readonly model: ModelName | ModelDefinition;
  /** Images in a slot. */
  readonly microBatch: number;
  /** Slots in a global batch. */
  readonly slots: number;
  readonly optimizer: OptimizerConfig;
  /** Bits for the largest gradient of a tensor, 8 to 22; with fewer than 22 the rounding is stochastic. */
  readonly gradientBits?: number;
  readonly labelSmoothing?: number;
  /** Mean gradients with a larger global norm are scaled down to it. */
  readonly clipNorm?: number;
}

/** One copy of a run's state. Replicas that start alike and apply the same reduced vectors hold the same bits. */
export interface Replica {
  readonly description: ModelDescription;
  readonly layout: VectorLayout;
  /** Where a slot's images go: [images][height][width][channels], normalised. A view to be asked for again after another model is built. */
  readonly input: Float32Array;
  readonly labels: Int32Array;
  /** The state of step 0, but for the exponents: `calibrate` sets those. */
  initialize(seed: number): void;
  /**
   * Sets what depends on the data, from the images in `input`: whitening filters, if the model has any, and then the exponents from the
   * gradient. At step 0, with slot 0, on every replica; who comes later gets both with the state.
   */
  calibrate(images: number, randomness?: number): void;
  /**
   * Adds the integers of the slot whose `images` stand in `input` and `labels`. `randomness` names the slot's random numbers, for dropout
   * and for rounding to fewer than 22 bits: the same whoever computes the slot.
   */
  addSlot(images: number, randomness?: number): void;
  /** The sum of the slots added since the last time. */
  takeVector(into?: Int32Array): Int32Array;
  /** The images in `input` with the running statistics: what one of `slots` slots adds to an evaluation's vector. */
  evaluate(images: number, slots: number): SlotEvaluation;
  apply(reduced: Int32Array, options: StepOptions): StepMetrics;
  /** XXH64 of the state, as 16 hexadecimal digits. */
  hash(): string;
  /** The bytes of the state, a view. */
  state(): Uint8Array;
  loadState(bytes: Uint8Array): void;
  /** Parameters and running statistics with PyTorch's names, shapes and order of elements. */
  stateDict(): readonly NamedTensor[];
  /** The state dict and the optimiser's vectors, as optimizer.momentum_buffer.conv1.weight. */
  saveSafetensors(metadata?: Readonly<Record<string, string>>): Uint8Array;
  /** The reverse. A file without an optimiser's vectors leaves them as they are; the exponents stay too. */
  loadSafetensors(bytes: Uint8Array): void;
}

/** Integers that are added over the slots of an evaluation. */
interface SlotEvaluation {
  /** In units of 2^-12, at most ±⌊(2^31 − 1) / slots⌋, so that the sum over all slots stays an int32; 0 when it is not finite. */
  readonly lossSum: number;
  readonly correct: number;
  /** 1 when the sum of the losses is NaN or infinite. */
  readonly nonFinite: number;
}

export async function createReplica(core: EngineCore, config: ReplicaConfig): Promise<Replica> {
  const description = describeModel(definitionOf(config));
  const layout = vectorLayout(description);
  const trainable = { elements: description.trainableElements, parameters: trainableParameters(description) };
  const optimizer = createOptimizer(core, config.optimizer, trainable);
  const quantized = quantization(config.slots, config.gradientBits);
  const state = allocateState(core.memory, description, optimizer.stateNames.length, layout.tensors.length);
  const gradient = core.memory.allocate(layout.elements);
  const network = createNetwork(core, description, config.microBatch, { ...state, gradient });
  const sum = createSlotSum(core, layout, quantized);
  const apply = createUpdate({ core, description, layout, state, quantization: quantized, optimizer, clipNorm: config.clipNorm });
  await core.prepare();

  const runSlot = (images: number, randomness: number | undefined): Slot => {
    if (randomness === undefined && network.dropoutLayers > 0) {
      throw new Error(`expected the randomness of the slot for ${network.dropoutLayers} dropout layers, got none`);
    }
    if (randomness === undefined && quantized.stochastic) {
      throw new Error(`expected the randomness of the slot to round to ${quantized.bits} bits with, got none`);
    }
    const key = randomness ?? 0;
    const outcome = network.gradient(images, key);
    weighBatchStatistics(core, description, gradient, { images, weight: images });
    return { ...outcome, images, randomness: key };
  };
  return {
    description,
    layout,
    get input() {
      return floats(core).subarray(network.input, network.input + config.microBatch * elementsOf(description.definition.input));
    },
    get labels() {
      return core.memory.i32.subarray(network.labels, network.labels + config.microBatch);
    },
    calibrate: (images, randomness) => {
      whiten(core, description, state, { address: network.input, images });
      runSlot(images, randomness);
      measureExponents(core, layout, gradient, state.exponents);
    },
    addSlot: (images, randomness) => sum.add(gradient, state.exponents, runSlot(images, randomness)),
    takeVector: (into = new Int32Array(layout.length)) => {
      sum.take(into);
      return into;
    },
    evaluate: (images, slots) => {
      const { lossSum, correct } = network.evaluate(images);
      const loss = lossInteger(lossSum, Math.floor(0x7fffffff / slots));
      return { lossSum: loss ?? 0, correct, nonFinite: loss === undefined ? 1 : 0 };
    },
    apply,
    ...stateAccess(core, description, state, layout, optimizer.stateNames),
  };
}

function whiten(
  core: EngineCore,
  { parameters, definition: { input } }: ModelDescription,
  state: StateLayout,
  { address, images }: { readonly address: number; readonly images: number },
): void {
  const vector = floats(core).subarray(state.parameters);
  const values = floats(core).subarray(address, address + images * elementsOf(input));
  for (const p of parameters) if (p.initial === "whitening") writeWhiteningFilters(vector, p, values, input);
}

type StateAccess = Pick<Replica, "initialize" | "hash" | "state" | "loadState" | "stateDict" | "saveSafetensors" | "loadSafetensors">;

function stateAccess(
  core: EngineCore,
  description: ModelDescription,
  state: StateLayout,
  layout: VectorLayout,
  stateNames: readonly string[],
): StateAccess {
  const range = (address: number, elements: number): Float32Array => floats(core).subarray(address, address + elements);
  const vectors = (): ModelVectors => ({
    parameters: range(state.parameters, description.parameterElements),
    statistics: range(state.statistics, description.statisticsElements),
  });
  const trainable = trainableParameters(description);
  const optimizerState = (): readonly StateVector[] =>
    stateNames.map((name, i) => ({ name, values: range(state.optimizer[i], description.trainableElements) }));
  const stateBytes = (): Uint8Array => {
    const { buffer, byteOffset, byteLength } = range(state.address, state.elements);
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  return {
    initialize: (seed) => {
      range(state.address, state.elements).fill(0);
      initializeParameters(vectors().parameters, description.parameters, seed);
      initializeStatistics(vectors().statistics, description.batchNorms);
      initializeExponents(core, layout, state.exponents);
    },
    hash: () => core.vector.hash64(state.elements, state.address).toString(16).padStart(16, "0"),
    state: stateBytes,
    loadState: (bytes) => {
      if (bytes.length !== state.elements * 4) throw new Error(`expected a state of ${state.elements * 4} bytes, got ${bytes.length}`);
      stateBytes().set(bytes);
    },
    stateDict: () => readStateDict(description, vectors()),
    saveSafetensors: (metadata) => {
      return writeSafetensors([...readStateDict(description, vectors()), ...readOptimizerState(trainable, optimizerState())], metadata);
    },
    loadSafetensors: (bytes) => {
      const { tensors } = readSafetensors(bytes);
      writeStateDict(description, vectors(), tensors);
      if ([...tensors.keys()].some((name) => name.startsWith(OPTIMIZER_PREFIX))) writeOptimizerState(trainable, optimizerState(), tensors);
    },
  };
}

function definitionOf({ model, labelSmoothing }: ReplicaConfig): ModelDefinition {
  const definition = typeof model === "string" ? modelDefinition(model) : model;
  return labelSmoothing === undefined ? definition : withLabelSmoothing(definition, labelSmoothing);
}

function floats({ memory }: EngineCore): Float32Array {
  if (memory.f32 instanceof Float32Array) return memory.f32;
  throw new Error("expected an engine of single precision for a replica, got one of float64");
}
