import { type NamedTensor, readSafetensors, writeSafetensors } from "../files/safetensors.ts";
import type { Address } from "../kernels/kernels.ts";
import type { Optimizer, OptimizerVectors } from "../optimizers/optimizer.ts";
import type { ParameterDescriptor } from "../parameters/descriptor.ts";
import { readOptimizerState, writeOptimizerState } from "../parameters/optimizerState.ts";

/** The optimiser of a model that is trained on its own. */
export interface ModelOptimizer {
  /** Applies the gradient of the last `model.gradient`. */
  step(learningRate: number): void;
  /** Its vectors by tensor, as optimizer.momentum_buffer.conv1.weight, in PyTorch's order of elements. */
  stateDict(): readonly NamedTensor[];
  /** The same as a file, with the number of steps done; such a file can also hold the model's tensors. */
  saveSafetensors(model?: readonly NamedTensor[]): Uint8Array;
  /** Takes the optimiser's tensors and the number of steps from such a file. */
  loadSafetensors(bytes: Uint8Array): void;
}

export function modelOptimizer(
  optimizer: Optimizer,
  vectors: OptimizerVectors,
  parameters: readonly ParameterDescriptor[],
  view: (address: Address) => Float32Array | Float64Array,
): ModelOptimizer {
  let step = 0;
  const state = () => optimizer.stateNames.map((name, i) => ({ name, values: view(vectors.state[i]) }));
  const stateDict = () => readOptimizerState(parameters, state());
  return {
    step: (learningRate) => optimizer.update(vectors, learningRate, step++),
    stateDict,
    saveSafetensors: (model = []) => writeSafetensors([...model, ...stateDict()], { step: String(step) }),
    loadSafetensors: (bytes) => {
      const { tensors, metadata } = readSafetensors(bytes);
      const steps = Number(metadata["step"]);
      if (!Number.isInteger(steps) || steps < 0)
        throw new Error(`expected the number of steps in the file's metadata, got ${metadata["step"]}`);
      writeOptimizerState(parameters, state(), tensors);
      step = steps;
    },
  };
}
