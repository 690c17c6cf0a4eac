import { powerOfTwo, splitPowerOfTwo } from "../../numerics/powerOfTwo.ts";
import { hash32 } from "../../random/hash32.ts";
import type { Address } from "../kernels.ts";
import type { ReferenceMemorySource } from "../reference.ts";
import { type VectorKernels, ZERO_EXPONENT } from "../vectorKernels.ts";
import { flush } from "./flush.ts";
import { xxHash64 } from "./xxHash64.ts";

type FlatKernels = Omit<VectorKernels, "sgd" | "adam" | "rmsprop" | "adagrad" | "adadelta">;

interface Quantizing {
  readonly count: number;
  readonly x: Address;
  readonly sums: Address;
  readonly limit: number;
  readonly faults: Address;
}

const INT32_MAX = 0x7fffffff;

export function vectorReference(memory: ReferenceMemorySource): FlatKernels {
  return { ...integerReference(memory), ...measureReference(memory) };
}

type IntegerKernels = Pick<FlatKernels, "quantize" | "quantizeStochastically" | "dequantize" | "maxExponent">;

function integerReference(memory: ReferenceMemorySource): IntegerKernels {
  const addIntegers = ({ count, x, sums, limit, faults }: Quantizing, round: (value: number, i: number) => number): void => {
    const { f32, i32 } = memory();
    for (let i = 0; i < count; i++) {
      if (!Number.isFinite(f32[x + i])) {
        i32[faults + 1] += 1;
        continue;
      }
      const rounded = round(f32[x + i], i);
      if (Math.abs(rounded) > limit) i32[faults] += 1;
      i32[sums + i] += Math.max(-limit, Math.min(limit, rounded));
    }
  };
  return {
    quantize: (count, x, sums, shift, limit, faults) => {
      const scale = powerOfTwo(shift);
      addIntegers({ count, x, sums, limit, faults }, (value) => roundHalfEven(Math.fround(value * scale))); // ±∞ is out of range like any other
    },
    quantizeStochastically: (count, x, sums, shift, limit, faults, key) => {
      const scale = powerOfTwo(shift);
      addIntegers({ count, x, sums, limit, faults }, (value, i) => Math.floor(value * scale + (hash32(key + i) + 0.5) / 2 ** 32));
    },
    dequantize: (count, sums, y, shift, factor) => {
      const { f32, i32 } = memory();
      const scale = Math.fround(powerOfTwo(-shift) * factor);
      for (let i = 0; i < count; i++) f32[y + i] = Math.fround(Math.fround(i32[sums + i]) * scale);
    },
    maxExponent: (count, x) => {
      const h = memory().f32;
      let largest = 0;
      for (let i = 0; i < count; i++) if (Number.isFinite(h[x + i])) largest = Math.max(largest, Math.abs(h[x + i]));
      return largest === 0 ? ZERO_EXPONENT : splitPowerOfTwo(largest).exponent + 1;
    },
  };
}

function measureReference(
  memory: ReferenceMemorySource,
): Pick<FlatKernels, "lerp" | "blend" | "allFinite" | "sumOfSquares" | "hash64" | "fill"> {
  return {
    lerp: (count, x, y, factor) => {
      const h = memory().f32;
      for (let i = 0; i < count; i++) {
        const difference = Math.fround(h[x + i] - h[y + i]);
        h[y + i] = flush(Math.fround(h[y + i] + Math.fround(Math.fround(factor) * difference)));
      }
    },
    blend: (count, x, y, a, b) => {
      const h = memory().f32;
      const [xShare, yShare] = [Math.fround(a), Math.fround(b)];
      for (let i = 0; i < count; i++) h[y + i] = flush(Math.fround(Math.fround(xShare * h[x + i]) + Math.fround(yShare * h[y + i])));
    },
    allFinite: (count, x) =>
      memory()
        .f32.subarray(x, x + count)
        .every(Number.isFinite)
        ? 1
        : 0,
    sumOfSquares: (count, x) => {
      const h = memory().f32;
      const partial = [0, 0, 0, 0];
      for (let i = 0; i < count; i++) partial[i % 4] += h[x + i] * h[x + i];
      return partial[0] + partial[1] + partial[2] + partial[3];
    },
    hash64: (count, x) => {
      const { f32 } = memory();
      return xxHash64(new Uint8Array(f32.buffer, f32.byteOffset + x * f32.BYTES_PER_ELEMENT, count * f32.BYTES_PER_ELEMENT));
    },
    fill: (count, x, value) => {
      memory().f32.fill(value, x, x + count);
    },
  };
}

function roundHalfEven(x: number): number {
  if (Math.abs(x) > INT32_MAX) return x;
  const below = Math.floor(x);
  const rest = x - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : below + 1;
}
