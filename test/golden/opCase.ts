import type { NamedTensor } from "../../engine/index.ts";
import type { EngineCore } from "../../engine/model/core.ts";
import { type Comparison, relativeError } from "./comparison.ts";

/** A case of golden/ops: inputs, parameters, output and gradients by name. */
export interface OpCase {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, NamedTensor>;
}

/** Relative to the largest value of the tensor. */
const OP_BOUND = 1e-5;

/** Computes a case on an engine and compares every output with the case's. */
export type OpRunner = (core: EngineCore, opCase: OpCase) => Promise<readonly Comparison[]>;

export function tensorOf({ tensors }: OpCase, name: string): NamedTensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`expected a tensor "${name}" in the case, got ${[...tensors.keys()].join(", ")}`);
  return tensor;
}

export function attributeOf({ attributes }: OpCase, name: string): unknown {
  return attributes[name];
}

export function numberAttribute(opCase: OpCase, name: string, otherwise?: number): number {
  const value = attributeOf(opCase, name) ?? otherwise;
  if (typeof value !== "number") throw new Error(`expected a number as attribute "${name}", got ${JSON.stringify(value)}`);
  return value;
}

/** `actual` against the tensor `name` of the case. */
export function compare(opCase: OpCase, name: string, actual: ArrayLike<number>): Comparison {
  return { what: name, error: relativeError(actual, tensorOf(opCase, name).values), bound: OP_BOUND };
}
