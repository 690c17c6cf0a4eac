import type { NamedTensor } from "../files/safetensors.ts";
import type { ParameterDescriptor } from "./descriptor.ts";
import { readParameter, writeParameter } from "./layout.ts";

/** What the names of an optimiser's tensors begin with. */
export const OPTIMIZER_PREFIX = "optimizer.";

/** One vector of an optimiser's state, which has the layout of the trainable parameters. */
export interface StateVector {
  readonly name: string;
  readonly values: Float32Array | Float64Array;
}

/** Every vector of the state cut into tensors: optimizer.<vector>.<parameter>, with the parameter's shape and order of elements. */
export function readOptimizerState(parameters: readonly ParameterDescriptor[], state: readonly StateVector[]): readonly NamedTensor[] {
  return state.flatMap(({ name, values }) =>
    parameters.map((parameter) => ({
      name: tensorName(name, parameter),
      shape: parameter.shape,
      values: readParameter(values, parameter),
    })),
  );
}

/** The reverse; checks all before it changes anything. */
export function writeOptimizerState(
  parameters: readonly ParameterDescriptor[],
  state: readonly StateVector[],
  tensors: ReadonlyMap<string, NamedTensor>,
): void {
  const found = state.flatMap(({ name, values }) =>
    parameters.map((parameter) => {
      const wanted = tensorName(name, parameter);
      const tensor = tensors.get(wanted);
      if (tensor === undefined) throw new Error(`expected a tensor ${wanted} of ${parameter.shape.join("×")}, got none of that name`);
      if (tensor.shape.join() !== parameter.shape.join())
        throw new Error(`expected ${wanted} of ${parameter.shape.join("×")}, got ${tensor.shape.join("×")}`);
      return { values, parameter, tensor };
    }),
  );
  for (const { values, parameter, tensor } of found) writeParameter(values, parameter, tensor.values);
}

function tensorName(vector: string, parameter: ParameterDescriptor): string {
  return `${OPTIMIZER_PREFIX}${vector}.${parameter.name}`;
}
