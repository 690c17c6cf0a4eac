import { expect, test } from "vitest";
import { ZERO_EXPONENT } from "../../../engine/kernels/vectorKernels.ts";
import { nextExponent, quantization } from "../../../engine/replica/quantization.ts";
import { lossInteger } from "../../../engine/replica/slotSum.ts";

test.each([1, 2, 3, 7, 8, 64, 65, 128, 1000, 4096])("QU2 the sum over %i slots never leaves int32", (slots) => {
  const { bits, limit, counterLimit } = quantization(slots);
  expect(slots * limit).toBeLessThan(2 ** 31);
  expect(slots * counterLimit).toBeLessThan(2 ** 31);
  expect(limit).toBe(2 ** (bits + 3) - 1);
});

test("QU2 bits = min(gradientBits, 31 − 3 − ⌈log₂ slots⌉)", () => {
  expect([1, 64, 65, 128, 1024].map((slots) => quantization(slots).bits)).toEqual([22, 22, 21, 21, 18]);
  expect(quantization(4, 10).bits).toBe(10);
  expect(() => quantization(4, 23)).toThrow("expected gradientBits from 8 to 22, got 23");
  expect(() => quantization(0)).toThrow("expected a whole number of slots of at least 1, got 0");
});

test("QU5 rounding is stochastic exactly where fewer than 22 bits were asked for", () => {
  expect(
    [quantization(4), quantization(1024), quantization(4, 22), quantization(4, 21), quantization(4, 8)].map((q) => q.stochastic),
  ).toEqual([false, false, false, true, true]);
});

test("QU3 a tensor of zeros keeps its exponent, and exponents stay where 2^shift is a normal f32", () => {
  expect([nextExponent(-7, ZERO_EXPONENT), nextExponent(-7, 3), nextExponent(0, -140), nextExponent(0, 128)]).toEqual([-7, 3, -100, 128]);
});

test("QU1 losses are rounded to 2^-12 and clamped; NaN and infinity are not numbers to add", () => {
  expect([lossInteger(1, 1e9), lossInteger(0.0001, 1e9), lossInteger(1e9, 5e5), lossInteger(-1e9, 5e5)]).toEqual([4096, 0, 5e5, -5e5]);
  expect([lossInteger(Number.NaN, 10), lossInteger(Number.POSITIVE_INFINITY, 10)]).toEqual([undefined, undefined]);
});
