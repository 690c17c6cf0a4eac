import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_SLOTS } from "../../coordinator/protocol/runConfig.ts";
import { coverageWords } from "../../worker/collective/coverage.ts";
import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from "../../worker/collective/frame.ts";
import { MAX_SLICE_ELEMENTS, merge, slicesOf } from "../../worker/collective/vectorLayout.ts";

test("AR6 slices lie side by side and cover the vector, in frames", () => {
  fc.assert(
    fc.property(fc.nat(3_000_000), (length) => {
      let end = 0;
      for (const slice of slicesOf(length)) {
        expect(slice.begin).toBe(end);
        expect(slice.end).toBeGreaterThan(slice.begin);
        expect(slice.end - slice.begin).toBeLessThanOrEqual(MAX_SLICE_ELEMENTS);
        end = slice.end;
      }
      expect(end).toBe(length);
    }),
  );
});

test.each([
  { length: 0, slices: 0, first: undefined },
  { length: 1, slices: 1, first: { begin: 0, end: 1 } },
  { length: 512, slices: 1, first: { begin: 0, end: 512 } },
  { length: 513, slices: 2, first: { begin: 0, end: 512 } },
  { length: 62_000, slices: 64, first: { begin: 0, end: 976 } },
  { length: 272_474, slices: 64, first: { begin: 0, end: 4_272 } },
  { length: 11_000_000, slices: 688, first: { begin: 0, end: 16_000 } },
])("AR6 a vector of $length elements has $slices slices", ({ length, slices, first }) => {
  expect(slicesOf(length).length).toBe(slices);
  expect(slicesOf(length)[0]).toEqual(first);
});

test("AR6 the largest slice fits in a frame with the coverage of the most slots", () => {
  expect(FRAME_HEADER_BYTES + 4 * (coverageWords(MAX_SLOTS) + MAX_SLICE_ELEMENTS)).toBeLessThanOrEqual(MAX_FRAME_BYTES);
});

test.each([
  { begin: 0, expected: [11, 22, 33, 44] },
  { begin: 8, expected: [11, 22, 30, 40] },
  { begin: 10, expected: [10, 20, 30, 40] },
  { begin: 12, expected: [10, 20, 30, 40] },
])("AR3 a part at $begin of a vector whose maxima begin at 10", ({ begin, expected }) => {
  const into = Int32Array.of(1, 2, 3, 4);
  merge({ length: 16, sumLength: 10 }, into, Int32Array.of(10, 20, 30, 40), begin);
  expect([...into]).toEqual(expected);
});

test("AR3 sums are modulo 2^32, maxima are signed", () => {
  const into = Int32Array.of(2 ** 31 - 1, -(2 ** 31), -5);
  merge({ length: 3, sumLength: 2 }, into, Int32Array.of(1, -1, -(2 ** 31)), 0);
  expect([...into]).toEqual([-(2 ** 31), 2 ** 31 - 1, -5]);
});
