import fc from "fast-check";
import { expect, test } from "vitest";
import {
  allSlots,
  coverageOf,
  coverageWords,
  covers,
  firstOf,
  isEmpty,
  isSubset,
  isWithin,
  overlaps,
  slotsIn,
  union,
  without,
} from "../../worker/collective/coverage.ts";

/** A number of slots, and two sets of them. */
const twoSets = fc.integer({ min: 1, max: 200 }).chain((slots) => {
  const set = fc.uniqueArray(fc.integer({ min: 0, max: slots - 1 }), { maxLength: slots });
  return fc.record({ slots: fc.constant(slots), a: set, b: set });
});

test("CO1 slot m is bit m mod 32 of word ⌊m / 32⌋", () => {
  expect([...coverageOf(70, [0, 31, 32, 69])]).toEqual([0x80000001, 1, 1 << 5]);
  expect([1, 31, 32, 33, 64, 65].map(coverageWords)).toEqual([1, 1, 1, 2, 2, 3]);
});

test.each([-1, 70])("CO1 slot %i of 70 is refused", (slot) => {
  expect(() => coverageOf(70, [slot])).toThrow(`slot ${slot} is not one of 70 slots`);
});

test("CO1 coverages are sets of slots", () => {
  fc.assert(
    fc.property(twoSets, ({ slots, a, b }) => {
      const [x, y] = [coverageOf(slots, a), coverageOf(slots, b)];
      const [inA, inB] = [new Set(a), new Set(b)];
      const all = Array.from({ length: slots }, (_, slot) => slot);
      expect(slotsIn(x, slots)).toEqual([...a].sort((p, q) => p - q));
      expect(all.filter((slot) => covers(x, slot))).toEqual(all.filter((slot) => inA.has(slot)));
      expect(overlaps(x, y)).toBe(a.some((slot) => inB.has(slot)));
      expect(isSubset(x, y)).toBe(a.every((slot) => inB.has(slot)));
      expect(slotsIn(union(x, y), slots)).toEqual(all.filter((slot) => inA.has(slot) || inB.has(slot)));
      expect(isEmpty(x)).toBe(a.length === 0);
      expect(slotsIn(without(x, y), slots)).toEqual(all.filter((slot) => inA.has(slot) && !inB.has(slot)));
      if (a.length > 0) expect(firstOf(x)).toBe(Math.min(...a));
      expect(isWithin(x, slots)).toBe(true);
    }),
  );
});

test.each([
  { what: "a word too few", slots: 33, words: [1] },
  { what: "a word too many", slots: 32, words: [1, 0] },
  { what: "no word", slots: 1, words: [] },
  { what: "a bit beyond the last of 1 slot", slots: 1, words: [2] },
  { what: "a bit beyond the last of 31 slots", slots: 31, words: [0x80000000] },
  { what: "a bit beyond the last of 40 slots", slots: 40, words: [1, 0x100] },
])("CO4 $what is not believed", ({ slots, words }) => {
  expect(isWithin(Uint32Array.from(words), slots)).toBe(false);
});

test.each([1, 31, 32, 33, 64, 1024])("CO4 all of %i slots are believed", (slots) => {
  const all = coverageOf(slots, Array(slots).keys());
  expect(isWithin(all, slots)).toBe(true);
  expect(allSlots(slots)).toEqual(all);
});
