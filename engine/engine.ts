import { generateKernels } from "./kernels/generateKernels.ts";
import type { ConvolutionChoice, KernelSet, Numerics } from "./kernels/kernelSet.ts";
import { referenceKernels } from "./kernels/reference.ts";
import { DoubleMemory, SharedMemory } from "./memory/engineMemory.ts";
import type { EngineCore } from "./model/core.ts";
import type { ModelDefinition } from "./model/definition.ts";
import { Model, type ModelOptions } from "./model/model.ts";
import { type ModelName, modelDefinition } from "./models/models.ts";

export interface EngineOptions {
  /** "plain" everywhere; "fused" only where relaxed SIMD really fuses. */
  readonly numerics?: Numerics;
  readonly convolution?: ConvolutionChoice;
  /** The plain loops that define the kernels instead of generated WebAssembly: slow, for tests and for finite differences. */
  readonly reference?: "float32" | "float64";
}

export interface Engine extends EngineCore {
  /** Builds a model, by name or from its definition, in the engine's memory. */
  model(model: ModelName | ModelDefinition, options: ModelOptions): Promise<Model>;
}

/** A memory with kernels that work on it: CNNs on one thread, in Node and in a page. */
export function createEngine(options: EngineOptions = {}): Engine {
  const core = createCore(options);
  return {
    ...core,
    model: async (model, modelOptions) => {
      const built = new Model(core, typeof model === "string" ? modelDefinition(model) : model, modelOptions);
      await core.prepare();
      return built;
    },
  };
}

function createCore({ numerics = "plain", convolution = "winograd", reference }: EngineOptions): EngineCore {
  if (reference === undefined) return generatedCore(generateKernels({ numerics, convolution }), new SharedMemory());
  const memory = reference === "float64" ? new DoubleMemory() : new SharedMemory();
  return { ...referenceKernels(() => memory), memory, prepare: () => Promise.resolve() };
}

function generatedCore(set: KernelSet, memory: SharedMemory): EngineCore {
  let scratch = memory.allocate(0);
  let scratchElements = 0;
  return {
    kernels: set.kernels,
    vector: set.vector,
    memory,
    prepare: async () => {
      // A new model may need more scratch memory than the others: a larger area then replaces the old one.
      if (set.scratchElements() > scratchElements) {
        scratchElements = set.scratchElements();
        scratch = memory.allocate(scratchElements);
      }
      await set.link(memory.memory, scratch);
    },
  };
}
