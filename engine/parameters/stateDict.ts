import type { NamedTensor } from "../files/safetensors.ts";
import { flushFactor } from "../kernels/reference/flush.ts";
import type { BatchNormDescriptor, ParameterDescriptor } from "./descriptor.ts";
import { readParameter, writeParameter } from "./layout.ts";
import { OPTIMIZER_PREFIX } from "./optimizerState.ts";

type Floats = Float32Array | Float64Array;

interface Descriptors {
  readonly parameters: readonly ParameterDescriptor[];
  readonly batchNorms: readonly BatchNormDescriptor[];
}

/** The two flat vectors that hold all that a trained model knows. */
export interface ModelVectors {
  readonly parameters: Floats;
  readonly statistics: Floats;
}

/** All tensors with PyTorch's names, shapes and order of elements: a state dict. */
export function readStateDict(descriptors: Descriptors, { parameters, statistics }: ModelVectors): readonly NamedTensor[] {
  return [
    ...descriptors.parameters.map((p) => ({ name: p.name, shape: p.shape, values: readParameter(parameters, p) })),
    ...statisticsOf(descriptors.batchNorms).map(({ name, offset, channels }) => ({
      name,
      shape: [channels],
      values: Float32Array.from(statistics.subarray(offset, offset + channels)),
    })),
  ];
}

/** Takes every tensor of the model from a state dict; tensors that the model does not have are an error, but for PyTorch's counters and an optimiser's. Parameters are flushed (rule KE4). */
export function writeStateDict(descriptors: Descriptors, vectors: ModelVectors, tensors: ReadonlyMap<string, NamedTensor>): void {
  const wanted = new Set<string>();
  const take = (name: string, shape: readonly number[]): Float32Array => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`expected a tensor ${name} of ${shape.join("×")}, got none of that name`);
    if (tensor.shape.join() !== shape.join()) throw new Error(`expected ${name} of ${shape.join("×")}, got ${tensor.shape.join("×")}`);
    wanted.add(name);
    return tensor.values;
  };
  const parameters = descriptors.parameters.map((p) => ({ descriptor: p, values: take(p.name, p.shape) }));
  const statistics = statisticsOf(descriptors.batchNorms).map((s) => ({ ...s, values: take(s.name, [s.channels]) }));
  const unknown = [...tensors.keys()].filter(
    (name) => !wanted.has(name) && !name.endsWith(".num_batches_tracked") && !name.startsWith(OPTIMIZER_PREFIX),
  );
  if (unknown.length > 0) throw new Error(`expected only tensors of the model, got also ${unknown.join(", ")}`);
  for (const { descriptor, values } of parameters) writeParameter(vectors.parameters, descriptor, values.map(flushFactor)); // others keep denormal numbers
  for (const { offset, values } of statistics) vectors.statistics.set(values, offset);
}

/** Running mean 0 and variance 1. */
export function initializeStatistics(statistics: Floats, batchNorms: readonly BatchNormDescriptor[]): void {
  for (const { offset, channels } of batchNorms) {
    statistics.fill(0, offset, offset + channels);
    statistics.fill(1, offset + channels, offset + 2 * channels);
  }
}

function statisticsOf(batchNorms: readonly BatchNormDescriptor[]): { name: string; offset: number; channels: number }[] {
  return batchNorms.flatMap(({ name, offset, channels }) => [
    { name: `${name}.running_mean`, offset, channels },
    { name: `${name}.running_var`, offset: offset + channels, channels },
  ]);
}
