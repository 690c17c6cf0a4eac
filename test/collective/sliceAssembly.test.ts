import fc from "fast-check";
import { expect, test } from "vitest";
import { allSlots, coverageOf, isEmpty, slotsIn } from "../../worker/collective/coverage.ts";
import { MalformedFrame } from "../../worker/collective/frame.ts";
import { type Piece, SliceAssembly } from "../../worker/collective/sliceAssembly.ts";
import { seeded } from "./numbers.ts";

/** A piece that covers these slots; its one element tells it from others. */
const piece = (slots: number, members: readonly number[], mark = 0): Piece => ({
  sender: 1,
  coverage: coverageOf(slots, members),
  elements: Int32Array.of(mark),
});

test.each([
  { what: "all at once", pieces: [[0, 1, 2, 3]], cover: [[0, 1, 2, 3]] },
  { what: "side by side", pieces: [[2, 3], [0], [1]], cover: [[0], [1], [2, 3]] },
  { what: "overlapping, with one way out", pieces: [[0, 1], [1, 2], [3], [0]], cover: [[0], [1, 2], [3]] },
  {
    what: "a lost peer's pair, computed again singly",
    pieces: [[0, 1], [0], [1], [2, 3]],
    cover: [
      [0, 1],
      [2, 3],
    ],
  },
  {
    what: "every slot there, but no exact cover",
    pieces: [[0, 1], [1, 2], [3]],
    cover: undefined,
  },
  { what: "a slot missing", pieces: [[0, 1], [3]], cover: undefined },
  { what: "nothing", pieces: [], cover: undefined },
])("CO2 $what", ({ pieces, cover }) => {
  const assembly = new SliceAssembly(4);
  for (const members of pieces) assembly.add(piece(4, members));
  expect(
    assembly
      .exactCover(allSlots(4))
      ?.map(({ coverage }) => slotsIn(coverage, 4))
      .sort(),
  ).toEqual(cover);
});

test("CO2 a cover is found whenever the pieces contain one, and is exact", () => {
  const scene = fc.record({
    slots: fc.integer({ min: 1, max: 40 }),
    parts: fc.integer({ min: 1, max: 8 }),
    noise: fc.nat(6),
    seed: fc.nat(),
  });
  const run = ({ slots, parts, noise, seed }: { slots: number; parts: number; noise: number; seed: number }) => {
    const random = seeded(seed);
    const partition = Array.from({ length: parts }, () => [] as number[]);
    for (let slot = 0; slot < slots; slot++) partition[random(parts)].push(slot);
    const others = Array.from({ length: noise }, () => Array.from({ length: slots }, (_, slot) => slot).filter(() => random(3) === 0));
    const assembly = new SliceAssembly(slots);
    for (const members of [...others, ...partition].filter(({ length }) => length > 0).sort(() => random(3) - 1)) {
      assembly.add(piece(slots, members));
    }
    const covered = assembly.exactCover(allSlots(slots))?.flatMap(({ coverage }) => slotsIn(coverage, slots));
    expect(covered?.sort((a, b) => a - b)).toEqual(Array.from({ length: slots }, (_, slot) => slot));
    expect(isEmpty(assembly.missing(allSlots(slots)))).toBe(true);
  };
  fc.assert(fc.property(scene, run), { numRuns: 300 });
});

test.each([
  { what: "pieces of other slots are left out", pieces: [[0], [1, 2], [3], [1]], cover: [[0], [1]] },
  { what: "two ways, one of them exact", pieces: [[0, 1], [1], [2, 3], [0]], cover: [[0, 1]] },
  { what: "a slot is there only together with another one", pieces: [[0], [1, 2]], cover: undefined },
])("CO5 of some slots: $what", ({ pieces, cover }) => {
  const assembly = new SliceAssembly(4);
  for (const members of pieces) assembly.add(piece(4, members));
  expect(assembly.exactCover(coverageOf(4, [0, 1]))?.map(({ coverage }) => slotsIn(coverage, 4))).toEqual(cover);
});

test("CO3 of two pieces with the same coverage the first counts", () => {
  const assembly = new SliceAssembly(2);
  expect(assembly.add(piece(2, [0, 1], 5))).toBe(true);
  expect(assembly.add(piece(2, [0, 1], 6))).toBe(false);
  expect(assembly.exactCover(allSlots(2))?.map(({ elements }) => [...elements])).toEqual([[5]]);
});

test("CO2 FR6 the search for a cover ends, however many pieces of hostile peers overlap: none is found, or one that is exact", () => {
  const slots = 60;
  const assembly = new SliceAssembly(slots);
  const random = seeded(7);
  // Triples from sixty senders, and slot 59 only together with slot 0: a search without bounds would try most of their combinations.
  for (let sender = 1; sender <= 60; sender++) {
    for (let i = 0; i < 30; i++) {
      const members = [random(59), random(59), random(59)];
      assembly.add({ ...piece(slots, members), sender });
    }
  }
  assembly.add(piece(slots, [0, 59]));
  const found = assembly.exactCover(allSlots(slots))?.flatMap(({ coverage }) => slotsIn(coverage, slots));
  expect(found?.sort((a, b) => a - b) ?? "none").toEqual(found === undefined ? "none" : slotsIn(allSlots(slots), slots));
});

test("FR6 a sender that heaps up pieces over its own is refused; those of others, and all that do not overlap, are not", () => {
  const slots = 100;
  const assembly = new SliceAssembly(slots);
  for (let slot = 0; slot < slots; slot++) expect(assembly.add(piece(slots, [slot]))).toBe(true); // its own contributions
  for (let other = 1; other <= 64; other++) expect(assembly.add(piece(slots, [0, other]))).toBe(true);
  expect(() => assembly.add(piece(slots, [0, 65]))).toThrow(
    new MalformedFrame("peer 1 sent more than 64 sums of one slice over the same slots"),
  );
  expect(assembly.add({ ...piece(slots, [0, 66]), sender: 2 })).toBe(true);
  expect(assembly.add({ ...piece(slots, [0, 1, 66]), sender: 2 })).toBe(true);
  expect(isEmpty(assembly.missing(allSlots(slots)))).toBe(true);
});

test("SE10 the slots that no piece covers are named", () => {
  const assembly = new SliceAssembly(35);
  assembly.add(piece(35, [0, 1, 33]));
  expect(slotsIn(assembly.missing(allSlots(35)), 35)).toEqual(
    Array.from({ length: 35 }, (_, slot) => slot).filter((slot) => ![0, 1, 33].includes(slot)),
  );
});
