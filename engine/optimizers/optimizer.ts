import type { Address } from "../kernels/kernels.ts";
import type { VectorKernels } from "../kernels/vectorKernels.ts";
import { type AdadeltaConfig, adadelta } from "./adadelta.ts";
import { type AdagradConfig, adagrad } from "./adagrad.ts";
import { type AdamConfig, adam } from "./adam.ts";
import { type RmspropConfig, rmsprop } from "./rmsprop.ts";
import { type SgdConfig, sgd } from "./sgd.ts";

/** An optimiser by name with its settings; PyTorch's defaults stand for what is left out. The learning rate is given at each step. */
export type OptimizerConfig = SgdConfig | AdamConfig | RmspropConfig | AdagradConfig | AdadeltaConfig;

/** What an optimiser is to its owner: a function of flat vectors. */
export interface Optimizer {
  /** How many vectors as long as the parameters it keeps from step to step; all begin as zeros. */
  readonly stateVectors: number;
  /** The f32 settings that its kernel reads, in the kernel's order. `step` counts from 0. */
  settings(learningRate: number, step: number): readonly number[];
  update(vector: VectorKernels, count: number, parameters: Address, gradient: Address, state: readonly Address[], settings: Address): void;
}

/** Elements to keep for the settings of any optimiser. */
export const MAX_SETTINGS = 16;

export function createOptimizer(config: OptimizerConfig): Optimizer {
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
      throw new Error(`expected an optimiser, got ${JSON.stringify(config satisfies never)}`);
  }
}
