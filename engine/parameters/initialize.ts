import { hashKey, streamWord } from "../random/hash32.ts";
import type { ParameterDescriptor } from "./descriptor.ts";
import { writeParameter } from "./layout.ts";

const WORDS = 0x1_0000_0000;

/**
 * Fills the parameter vector: filters He-uniform, U(−b, b) with b = √(6 / fan in) (He et al. 2015, "Delving Deep into Rectifiers",
 * section 2.2), biases 0, batch norm 1 and 0. Element j of parameter i, in PyTorch's order, depends on (seed, i, j) alone.
 */
export function initializeParameters(vector: Float32Array | Float64Array, descriptors: readonly ParameterDescriptor[], seed: number): void {
  descriptors.forEach((descriptor, index) => {
    const { elements, initial } = descriptor;
    if (initial === "uniform") writeParameter(vector, descriptor, heUniform(descriptor, hashKey(seed, index)));
    else vector.fill(initial === "ones" ? 1 : 0, descriptor.offset, descriptor.offset + elements);
  });
}

/** b (2u − 1) with u = word / 2^32: f64 arithmetic without anything that engines may round differently, rounded to f32 once. */
function heUniform({ shape, elements }: ParameterDescriptor, key: number): Float32Array {
  const bound = Math.sqrt(6 / shape.slice(1).reduce((a, b) => a * b, 1));
  return Float32Array.from({ length: elements }, (_, j) => bound * (2 * (streamWord(key, 0, j) / WORDS) - 1));
}
