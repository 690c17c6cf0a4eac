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
    const { elements, offset, initial } = descriptor;
    if (initial === "zeros" || initial === "ones") vector.fill(initial === "ones" ? 1 : 0, offset, offset + elements);
    else writeParameter(vector, descriptor, randomValues(descriptor, initial, hashKey(seed, index)));
  });
}

function randomValues(descriptor: ParameterDescriptor, initial: "uniform" | "dirac" | "whitening", key: number): Float32Array {
  return initial === "dirac" ? dirac(descriptor, key) : uniform(descriptor, 6, key);
}

/** b (2u − 1) with u = word / 2^32, b = √(gain / fan in): f64 arithmetic that all engines round alike, rounded to f32 once. */
function uniform({ shape, elements }: ParameterDescriptor, gain: number, key: number): Float32Array {
  const bound = Math.sqrt(gain / shape.slice(1).reduce((a, b) => a * b, 1));
  return Float32Array.from({ length: elements }, (_, j) => bound * (2 * (streamWord(key, 0, j) / WORDS) - 1));
}

/** Filter i hands on channel i, for as many as there are channels (Zagoruyko and Komodakis 2017); the others are PyTorch's U(±√(1 / fan in)). */
function dirac(descriptor: ParameterDescriptor, key: number): Float32Array {
  const [filters, channels, height, width] = descriptor.shape;
  const values = uniform(descriptor, 1, key);
  const taps = height * width;
  const centre = Math.floor(height / 2) * width + Math.floor(width / 2);
  for (let i = 0; i < Math.min(filters, channels); i++) {
    values.fill(0, i * channels * taps, (i + 1) * channels * taps);
    values[(i * channels + i) * taps + centre] = 1;
  }
  return values;
}
