import { expect, test } from "vitest";
import { cosPi } from "../../../engine/numerics/cosPi.ts";
import { erf, sigmoid, tanh } from "../../../engine/numerics/erf.ts";
import { exp } from "../../../engine/numerics/exp.ts";
import { integerPower, log, pow } from "../../../engine/numerics/log.ts";
import { powerOfTwo, splitPowerOfTwo } from "../../../engine/numerics/powerOfTwo.ts";
import { hash32, hashKey, streamWord } from "../../../engine/random/hash32.ts";

/** The largest relative distance over 20,000 points of [from, to]. */
function distance(actual: (x: number) => number, expected: (x: number) => number, from: number, to: number): number {
  let largest = 0;
  for (let i = 0; i <= 20_000; i++) {
    const x = from + ((to - from) * i) / 20_000;
    const difference = Math.abs(actual(x) - expected(x)) / Math.max(Math.abs(expected(x)), Number.MIN_VALUE);
    if (expected(x) !== 0) largest = Math.max(largest, difference);
  }
  return largest;
}

test.each([
  ["exp", exp, Math.exp, -700, 700],
  ["exp near 0", exp, Math.exp, -1, 1],
  ["log", log, Math.log, 1e-3, 0.99],
  ["log above 1", log, Math.log, 1.01, 1e9],
  ["pow", (x: number) => pow(x, -0.75), (x: number) => x ** -0.75, 0.5, 50],
  ["sigmoid", sigmoid, (x: number) => 1 / (1 + Math.exp(-x)), -30, 30],
  ["tanh", tanh, Math.tanh, 0.5, 20],
])("%s is within 1e-14 of the library's", (_, actual, expected, from, to) => {
  expect(distance(actual, expected, from, to)).toBeLessThan(1e-14);
});

test("exp and log at the ends of their range", () => {
  expect([exp(0), exp(-Infinity), exp(-1000), exp(1000)]).toEqual([1, 0, 0, Infinity]);
  expect(exp(709.7)).toBeCloseTo(Math.exp(709.7), -296);
  expect([log(1), log(0), log(Infinity)]).toEqual([0, -Infinity, Infinity]);
  expect([exp(Number.NaN), log(Number.NaN), log(-1)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
});

test("cosPi is exact at the quarters and within 1e-15 elsewhere", () => {
  expect([0, 0.5, 1, 1.5, 2, -1].map(cosPi)).toEqual([1, 0, -1, 0, 1, -1]);
  for (let i = 0; i <= 10_000; i++) expect(Math.abs(cosPi(i / 2500 - 2) - Math.cos(Math.PI * (i / 2500 - 2)))).toBeLessThan(2e-15);
});

test("erf has the values of Abramowitz and Stegun, table 7.1", () => {
  expect(erf(0)).toBe(0);
  expect(erf(0.5)).toBeCloseTo(0.5204998778, 10);
  expect(erf(1)).toBeCloseTo(0.8427007929, 10);
  expect(erf(-2)).toBeCloseTo(-0.995322265, 9);
  expect([erf(7), erf(-7)]).toEqual([1, -1]);
});

test("powers of two are exact and split again", () => {
  for (let k = -1022; k <= 1023; k++) expect(splitPowerOfTwo(1.5 * powerOfTwo(k))).toEqual({ mantissa: 1.5, exponent: k });
  expect(powerOfTwo(10)).toBe(1024);
  expect(() => powerOfTwo(1024)).toThrow("powerOfTwo expects an integer in [-1022, 1023], got 1024");
});

test("integer powers are repeated products", () => {
  expect([integerPower(0.5, 10), integerPower(3, 0), integerPower(-2, 3)]).toEqual([1 / 1024, 1, -8]);
});

test("these bits are the same in every JavaScript engine", () => {
  expect([1, -3.7, 100].map(exp)).toMatchInlineSnapshot(`
    [
      2.7182818284590455,
      0.024723526470339388,
      2.6881171418161356e+43,
    ]
  `);
  expect([2, 0.3, 1e5].map(log)).toMatchInlineSnapshot(`
    [
      0.6931471805599453,
      -1.2039728043259361,
      11.512925464970229,
    ]
  `);
  expect([0.1, 0.3, 0.9].map(cosPi)).toMatchInlineSnapshot(`
    [
      0.9510565162951535,
      0.5877852522924731,
      -0.9510565162951536,
    ]
  `);
});

test("hash32 is the one of the reference cases, and its streams are even and independent of order", () => {
  expect([0, 1, 2, 0xffffffff].map(hash32)).toMatchInlineSnapshot(`
    [
      0,
      1753845952,
      3507691905,
      1734902346,
    ]
  `);
  expect(hashKey(1, 2)).not.toBe(hashKey(2, 1));
  const words = Array.from({ length: 100_000 }, (_, i) => streamWord(3, 4, i) / 0x1_0000_0000);
  const mean = words.reduce((a, b) => a + b) / words.length;
  const variance = words.reduce((sum, u) => sum + (u - mean) * (u - mean), 0) / words.length;
  expect(mean).toBeCloseTo(0.5, 2);
  expect(variance).toBeCloseTo(1 / 12, 2);
});
