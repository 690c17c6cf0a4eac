import type { Address } from "../kernels/kernels.ts";
import type { EngineMemory } from "../memory/engineMemory.ts";
import type { ModelDescription } from "../model/description.ts";

/** Where all that a replica must have in common with the others lies: one range, [parameters | statistics | optimiser | exponents]. */
export interface StateLayout {
  readonly address: Address;
  readonly elements: number;
  readonly parameters: Address;
  readonly statistics: Address;
  /** One vector as long as the trainable parameters each. */
  readonly optimizer: readonly Address[];
  /** One int32 for each tensor of the gradient vector. */
  readonly exponents: Address;
}

export function allocateState(memory: EngineMemory, description: ModelDescription, stateVectors: number, tensors: number): StateLayout {
  const { parameterElements, trainableElements, statisticsElements } = description;
  const elements = parameterElements + stateVectors * trainableElements + statisticsElements + tensors;
  const address = memory.allocate(elements);
  const optimizer = address + parameterElements + statisticsElements;
  return {
    address,
    elements,
    parameters: address,
    statistics: address + parameterElements,
    optimizer: Array.from({ length: stateVectors }, (_, i) => optimizer + i * trainableElements),
    exponents: optimizer + stateVectors * trainableElements,
  };
}
