import { exportOnnx } from "../files/onnx/exportOnnx.ts";
import { type NamedTensor, readSafetensors, writeSafetensors } from "../files/safetensors.ts";
import { elementsOf } from "../graph/shape.ts";
import type { Address } from "../kernels/kernels.ts";
import { createOptimizer, type OptimizerConfig } from "../optimizers/optimizer.ts";
import type { ParameterDescriptor } from "../parameters/descriptor.ts";
import { initializeParameters } from "../parameters/initialize.ts";
import { initializeStatistics, type ModelVectors, readStateDict, writeStateDict } from "../parameters/stateDict.ts";
import { writeWhiteningFilters } from "../parameters/whitening.ts";
import { hashKey } from "../random/hash32.ts";
import type { EngineCore } from "./core.ts";
import type { ModelDefinition } from "./definition.ts";
import { describeModel, type ModelDescription, trainableParameters } from "./description.ts";
import { type ModelOptimizer, modelOptimizer } from "./modelOptimizer.ts";
import { createNetwork, type Network, type Outcome } from "./network.ts";
import { updateRunningStatistics, weighBatchStatistics } from "./statistics.ts";

/** Up to a micro-batch of images, NHWC and normalised, with a label each (none for an autoencoder). */
export interface Batch {
  readonly images: Float32Array;
  readonly labels?: Int32Array;
}

export interface BatchResult {
  /** The mean over the images. */
  readonly loss: number;
  readonly correct: number;
}

export interface ModelOptions {
  readonly microBatch: number;
  /** Of the initial parameters and of dropout. */
  readonly seed?: number;
}

/** A model trained on its own, in one place: forward, backward, update. */
export class Model {
  readonly description: ModelDescription;
  readonly #core: EngineCore;
  readonly #network: Network;
  readonly #vectors: { readonly parameters: Address; readonly statistics: Address; readonly gradient: Address };
  readonly #seed: number;
  #batches = 0;

  constructor(core: EngineCore, definition: ModelDefinition, { microBatch, seed = 0 }: ModelOptions) {
    this.description = describeModel(definition);
    const { parameterElements, trainableElements, statisticsElements } = this.description;
    this.#core = core;
    this.#seed = seed;
    this.#vectors = {
      parameters: core.memory.allocate(parameterElements),
      statistics: core.memory.allocate(statisticsElements),
      gradient: core.memory.allocate(trainableElements + statisticsElements),
    };
    this.#network = createNetwork(core, this.description, microBatch, this.#vectors);
    initializeParameters(this.parameterVector, this.description.parameters, seed);
    initializeStatistics(this.#statistics, this.description.batchNorms);
  }

  get parameters(): readonly ParameterDescriptor[] {
    return this.description.parameters;
  }

  /** All parameters, a view; `parameters` says where each lies. */
  get parameterVector(): Float32Array | Float64Array {
    return this.#view(this.#vectors.parameters, this.description.parameterElements);
  }

  /** The gradient of the mean loss of the last `gradient`, a view of the same layout. */
  get gradientVector(): Float32Array | Float64Array {
    return this.#view(this.#vectors.gradient, this.description.trainableElements);
  }

  /** Forward and backward on a batch, as in training: batch norm uses the batch's statistics and updates its running ones. */
  gradient(batch: Batch): BatchResult {
    const images = this.#load(batch);
    const outcome = this.#network.gradient(images, hashKey(this.#seed, this.#batches++));
    const gradient = this.gradientVector;
    const scale = Math.fround(1 / images);
    for (let i = 0; i < gradient.length; i++) gradient[i] *= scale;
    weighBatchStatistics(this.#core, this.description, this.#vectors.gradient, { images, weight: 1 });
    updateRunningStatistics(this.#core, this.description, this.#vectors);
    return mean(outcome, images);
  }

  /** Forward only, with the running statistics and without dropout. */
  evaluate(batch: Batch): BatchResult {
    const images = this.#load(batch);
    return mean(this.#network.evaluate(images), images);
  }

  /** The output for a batch: logits [images][classes], or maps. `mode` "training" gives those of the last `gradient`. */
  outputs(batch: Batch, mode: "training" | "evaluation" = "evaluation"): Float32Array {
    const images = mode === "evaluation" ? this.#load(batch) : this.#imagesOf(batch);
    if (mode === "evaluation") this.#network.evaluate(images);
    return Float32Array.from(this.#view(this.#network.logits(mode), images * elementsOf(this.description.output)));
  }

  /** Whitening filters from these images, for a model that begins with them (before its first gradient). Others have no use for it. */
  whiten({ images }: Pick<Batch, "images">): void {
    const { parameters, definition } = this.description;
    for (const p of parameters) if (p.initial === "whitening") writeWhiteningFilters(this.parameterVector, p, images, definition.input);
  }

  /** Waits for the kernels of the optimiser to be compiled. */
  async optimizer(config: OptimizerConfig): Promise<ModelOptimizer> {
    const { trainableElements: elements } = this.description;
    const parameters = trainableParameters(this.description);
    const optimizer = createOptimizer(this.#core, config, { elements, parameters });
    const state = optimizer.stateNames.map(() => this.#core.memory.allocate(elements));
    await this.#core.prepare();
    return modelOptimizer(optimizer, { ...this.#vectors, state }, parameters, (address) => this.#view(address, elements));
  }

  /** Parameters and running statistics with PyTorch's names, shapes and order of elements. */
  stateDict(): readonly NamedTensor[] {
    return readStateDict(this.description, this.#modelVectors);
  }

  loadStateDict(tensors: readonly NamedTensor[]): void {
    writeStateDict(this.description, this.#modelVectors, new Map(tensors.map((tensor) => [tensor.name, tensor])));
  }

  saveSafetensors(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    return writeSafetensors(this.stateDict(), metadata);
  }

  /** The network for inference, as an ONNX file. */
  exportOnnx(): Uint8Array {
    return exportOnnx(this.description, this.stateDict());
  }

  loadSafetensors(bytes: Uint8Array): void {
    writeStateDict(this.description, this.#modelVectors, readSafetensors(bytes).tensors);
  }

  get #statistics(): Float32Array | Float64Array {
    return this.#view(this.#vectors.statistics, this.description.statisticsElements);
  }

  get #modelVectors(): ModelVectors {
    return { parameters: this.parameterVector, statistics: this.#statistics };
  }

  #view(address: Address, elements: number): Float32Array | Float64Array {
    return this.#core.memory.f32.subarray(address, address + elements);
  }

  #imagesOf({ images, labels }: Batch): number {
    const count = images.length / elementsOf(this.description.definition.input);
    const needsLabels = this.description.definition.loss.type === "softmaxCrossEntropy";
    if (!Number.isInteger(count) || count > this.#network.microBatch || (needsLabels && labels?.length !== count)) {
      const each = elementsOf(this.description.definition.input);
      const expected = `up to ${this.#network.microBatch} images of ${each} values${needsLabels ? " and a label each" : ""}`;
      throw new Error(`expected ${expected}, got ${images.length} values and ${labels?.length ?? 0} labels`);
    }
    return count;
  }

  #load(batch: Batch): number {
    const count = this.#imagesOf(batch);
    this.#core.memory.f32.set(batch.images, this.#network.input);
    if (batch.labels !== undefined) this.#core.memory.i32.set(batch.labels, this.#network.labels);
    return count;
  }
}

function mean({ lossSum, correct }: Outcome, images: number): BatchResult {
  return { loss: lossSum / images, correct };
}
