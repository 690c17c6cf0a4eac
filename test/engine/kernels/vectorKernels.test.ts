import { beforeAll, describe, expect, test } from "vitest";
import { generateKernels } from "../../../engine/kernels/generateKernels.ts";
import { referenceKernels } from "../../../engine/kernels/reference.ts";
import { type VectorKernels, ZERO_EXPONENT } from "../../../engine/kernels/vectorKernels.ts";
import { generator } from "./kernelCase.ts";

const set = generateKernels({ numerics: "plain", convolution: "direct" });
const memory = new WebAssembly.Memory({ initial: 1 });
const h = new Float32Array(memory.buffer, 0, 5200);
const counts = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 1003];
const GUARD = 3;

beforeAll(() => set.link(memory, h.length));

/** Addresses of `buffers` buffers of `count` elements, and two memories with the same numbers in them. */
function setUp(count: number, buffers: number, value: (i: number) => number) {
  const addresses = Array.from({ length: buffers }, (_, b) => GUARD + b * (count + GUARD));
  h.forEach((_, i) => {
    h[i] = value(i);
  });
  const expected = h.slice();
  const reference = referenceKernels(() => ({ f32: expected, i32: new Int32Array(expected.buffer) }));
  return { addresses, expected, reference: reference.vector };
}

/** The first element whose bits differ, or −1. */
function firstDifference(a: Float32Array, b: Float32Array): number {
  const [left, right] = [a, b].map((floats) => new Int32Array(floats.buffer, floats.byteOffset, floats.length));
  return left.findIndex((word, i) => word !== right[i]);
}

/** Runs both forms on the same memory and expects every element of it to be the same, to the bit. */
function expectSameBits(
  count: number,
  buffers: number,
  value: (i: number) => number,
  call: (kernels: VectorKernels, addresses: readonly number[]) => unknown,
): void {
  const { addresses, expected, reference } = setUp(count, buffers, value);
  expect(call(set.vector, addresses)).toEqual(call(reference, addresses));
  expect(firstDifference(h, expected), "first element that differs").toBe(-1);
}

/** Ordinary numbers with, now and then, each kind of number that is treated apart. */
function assorted(seed: number, apart: readonly number[]): () => number {
  const next = generator(seed);
  return () => {
    const choice = next();
    if (choice < 0.2 && apart.length > 0) return apart[Math.floor(next() * apart.length)];
    return (2 * next() - 1) * 2 ** Math.floor(next() * 40 - 20);
  };
}

const EVERYTHING = [0, -0, 1e-45, -3e-40, 1.17e-38, 3.4e38, -3.4e38, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const FINITE = EVERYTHING.slice(0, 7);

describe.each(counts)("%d elements", (count) => {
  test.each([
    [0, 2 ** 22],
    [20, 2 ** 22],
    [-20, 100],
    [149, 2 ** 31 - 1],
    [300, 7],
    [3, 0],
  ])("QU1 quantize with shift %d and limit %d", (shift, limit) => {
    expectSameBits(count, 4, assorted(count + 1, EVERYTHING), (kernels, [x, sums, faults]) => {
      kernels.quantize(count, x, sums, shift, limit, faults);
    });
  });

  test.each([
    [0, 2 ** 22, 1],
    [20, 2 ** 22, 0x7fffffff],
    [-20, 100, -5],
    [149, 2 ** 31 - 1, 0],
    [3, 0, 77],
  ])("QU5 quantize stochastically with shift %d, limit %d and key %d", (shift, limit, key) => {
    expectSameBits(count, 4, assorted(count + 1, EVERYTHING), (kernels, [x, sums, faults]) => {
      kernels.quantizeStochastically(count, x, sums, shift, limit, faults, key);
    });
  });

  test("QU1 quantize rounds half to even", () => {
    const halves = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, 3.5];
    expectSameBits(
      count,
      3,
      (i) => halves[i % halves.length],
      (kernels, [x, sums, faults]) => kernels.quantize(count, x, sums, 0, 100, faults),
    );
  });

  test.each([
    [3, 1],
    [-10, 1 / 4096],
    [140, 1 / 3],
  ])("dequantize with shift %d and factor %d", (shift, factor) => {
    expectSameBits(count, 2, assorted(count + 2, EVERYTHING), (kernels, [sums, y]) => kernels.dequantize(count, sums, y, shift, factor));
  });

  test("maxExponent, allFinite, sumOfSquares and hash64", () => {
    for (const apart of [[], FINITE, EVERYTHING]) {
      expectSameBits(count, 1, assorted(count + 3, apart), (kernels, [x]) => [
        kernels.maxExponent(count, x),
        kernels.allFinite(count, x),
        kernels.sumOfSquares(count, x),
        kernels.hash64(count, x),
      ]);
    }
  });

  test("fill and lerp", () => {
    expectSameBits(count, 2, assorted(count + 4, FINITE), (kernels, [x, y]) => {
      kernels.lerp(count, x, y, 0.1);
      kernels.fill(count, x, 0.1);
    });
  });

  test("lerp flushes what has decayed", () => {
    expectSameBits(
      count,
      2,
      (i) => (i % 2 === 0 ? 1e-30 : -0.9e-30),
      (kernels, [x, y]) => kernels.lerp(count, x, y, 0.5),
    );
  });

  test.each(["sgd", "adam", "rmsprop", "adagrad", "adadelta"] as const)("ten steps of %s", (name) => {
    const settings = [0.1, 0.9, 0.05, 0.3, 0.7, 0.25, 0.01, 0.002, 0.99];
    const settingsAddress = GUARD + 4 * (count + GUARD);
    const next = generator(count + 5);
    expectSameBits(
      count,
      5,
      (i) => (i < settingsAddress ? next() ** 8 : (settings[i - settingsAddress] ?? 0)),
      (kernels, [w, g, a, b, settingsAt]) => {
        for (let step = 0; step < 10; step++) {
          if (name === "sgd" || name === "adagrad") kernels[name](count, w, g, a, settingsAt);
          else kernels[name](count, w, g, a, b, settingsAt);
        }
      },
    );
  });
});

test("maxExponent of powers of two, denormal numbers and zeros", () => {
  const exponentOf = (value: number) => {
    h.fill(0);
    h[2] = value;
    return set.vector.maxExponent(5, 1);
  };
  expect([1, 0.5, 0.75, -1.5, 2 ** 127, 2 ** -126, 2 ** -149, 2 ** -140].map(exponentOf)).toEqual([1, 0, 0, 1, 128, -125, -148, -139]);
  expect(exponentOf(0)).toBe(ZERO_EXPONENT);
  expect(exponentOf(Number.NaN)).toBe(ZERO_EXPONENT);
});

// Computed by libxxhash 0.8.1 from the little-endian words.
test.each([
  [[], 0xef46db3751d8e999n],
  [[1], 0xf42f94001fcb5351n],
  [[1, 2], 0xcd3d4c871ee4183an],
  [[1, 2, 3], 0xb5148cb100a911fcn],
  [Array(7).fill(0xffffffff), 0xb36e8bf693e795e0n],
  [[0, 1, 2, 3, 4, 5, 6, 7], 0x8597444baff40fdfn],
  [[0, 1, 2, 3, 4, 5, 6, 7, 8], 0x05df6b7adb49d27fn],
  [Array.from({ length: 31 }, (_, i) => i + 1), 0x79b140a64a686a5bn],
  [Array(64).fill(0x3f800000), 0xefd2f8a2429fa5a7n],
])("hash64 of the words %j is XXH64", (words, hash) => {
  new Int32Array(memory.buffer).set(words, 5);
  expect(set.vector.hash64(words.length, 5)).toBe(hash);
});

test("QU5 stochastic rounding gives on average what was rounded", () => {
  const [KEYS, LIMIT, values] = [4096, 100, [0.25, -0.25, 0.001, 1.75, -3.5, 7]];
  const sums = Array.from(values, () => 0);
  for (let key = 0; key < KEYS; key++) {
    h.fill(0);
    h.set(values);
    set.vector.quantizeStochastically(values.length, 0, 100, 0, LIMIT, 200, key * 0x9e3779b1);
    const integers = new Int32Array(h.buffer, 400, values.length);
    for (const [i, value] of integers.entries()) {
      expect(Math.abs(value - values[i])).toBeLessThan(1);
      sums[i] += value;
    }
  }
  const deviation = 0.5 / Math.sqrt(KEYS); // of a mean of so many, at most
  for (const [i, sum] of sums.entries()) expect(Math.abs(sum / KEYS - values[i])).toBeLessThan(5 * deviation);
  expect(sums[5]).toBe(7 * KEYS);
});
