import type { Address } from "../kernels/kernels.ts";
import type { VectorKernels } from "../kernels/vectorKernels.ts";
import type { EngineCore } from "../model/core.ts";
import type { ParameterDescriptor } from "../parameters/descriptor.ts";
import { type AdadeltaConfig, adadelta } from "./adadelta.ts";
import { type AdagradConfig, adagrad } from "./adagrad.ts";
import { type AdamConfig, adam } from "./adam.ts";
import { type MuonConfig, muon } from "./muon.ts";
import { type RmspropConfig, rmsprop } from "./rmsprop.ts";
import { type SgdConfig, sgd } from "./sgd.ts";

/** An optimiser by name with its settings; PyTorch's defaults stand for what is left out. The learning rate is given at each step. */
export type OptimizerConfig = SgdConfig | AdamConfig | RmspropConfig | AdagradConfig | AdadeltaConfig | MuonConfig;

/** Their names, in order of increasing complexity. */
export const optimizerNames = [
  "sgd",
  "adagrad",
  "rmsprop",
  "adadelta",
  "adam",
  "adamw",
  "muon",
] as const satisfies readonly OptimizerConfig["type"][];

/** Where an update finds what it reads and changes: vectors of the trainable parameters, all with the same layout. */
export interface OptimizerVectors {
  readonly parameters: Address;
  readonly gradient: Address;
  /** One vector for each of `stateNames`. */
  readonly state: readonly Address[];
}

/** What an optimiser is to its owner: a function of flat vectors. */
export interface Optimizer {
  /** The vectors that it keeps from step to step, by PyTorch's names; all begin as zeros. */
  readonly stateNames: readonly string[];
  /** `step` counts from 0. */
  update(vectors: OptimizerVectors, learningRate: number, step: number): void;
}

/** An optimiser that treats every element alike: one kernel over whole vectors. */
export interface FlatOptimizer {
  readonly stateNames: readonly string[];
  /** The f32 settings that its kernel reads, in the kernel's order. */
  settings(learningRate: number, step: number): readonly number[];
  update(vector: VectorKernels, count: number, parameters: Address, gradient: Address, state: readonly Address[], settings: Address): void;
}

/** What is trained: a vector of so many elements, and the tensors in it. */
export interface Trainable {
  readonly elements: number;
  readonly parameters: readonly ParameterDescriptor[];
}

/** Elements to keep for the settings of any optimiser. */
export const MAX_SETTINGS = 16;

/** Takes its memory, and asks for its kernels: they run after `core.prepare()`. */
export function createOptimizer(core: EngineCore, config: OptimizerConfig, trainable: Trainable): Optimizer {
  return config.type === "muon" ? muon(core, config, trainable) : overWholeVectors(core, flatOptimizer(config), trainable.elements);
}

function flatOptimizer(config: Exclude<OptimizerConfig, MuonConfig>): FlatOptimizer {
  switch (config.type) {
    case "sgd":
      return sgd(config);
    case "adam":
    case "adamw":
      return adam(config);
    case "rmsprop":
      return rmsprop(config);
    case "adagrad":
      return adagrad(config);
    case "adadelta":
      return adadelta(config);
    default:
      throw new Error(`expected an optimiser of ${optimizerNames.join(", ")}, got ${JSON.stringify(config satisfies never)}`);
  }
}

function overWholeVectors({ memory, vector }: EngineCore, flat: FlatOptimizer, elements: number): Optimizer {
  const settings = memory.allocate(MAX_SETTINGS);
  return {
    stateNames: flat.stateNames,
    update: ({ parameters, gradient, state }, learningRate, step) => {
      memory.f32.set(flat.settings(learningRate, step), settings);
      flat.update(vector, elements, parameters, gradient, state, settings);
    },
  };
}
