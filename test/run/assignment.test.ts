import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  assignOwners,
  assignSlots,
  makespan,
  reassignOwners,
  reassignSlots,
  shareOut,
  type Worker,
} from "../../coordinator/run/assignment.ts";

const workersOf = (...speeds: number[]): Worker[] => speeds.map((imagesPerSecond, i) => ({ id: i + 1, imagesPerSecond }));

const workers = fc
  .array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 8 })
  .chain((speeds) => fc.shuffledSubarray(workersOf(...speeds), { minLength: 1 }));

const slots = fc.integer({ min: 1, max: 40 });

const countOf = (holders: readonly number[], id: number): number => holders.filter((holder) => holder === id).length;

describe("shares", () => {
  test.each([
    { what: "equal speeds", speeds: [100, 100], slots: 8, counts: [4, 4] },
    { what: "equal speeds that do not divide the slots", speeds: [100, 100, 100], slots: 8, counts: [3, 3, 2] },
    { what: "speeds of 3 to 1", speeds: [300, 100], slots: 8, counts: [6, 2] },
    { what: "one that is too slow for a slot", speeds: [100, 100, 1], slots: 8, counts: [4, 4, 0] },
    { what: "more peers than slots", speeds: [10, 30, 20], slots: 2, counts: [0, 1, 1] },
    { what: "unknown speeds", speeds: [0, 0], slots: 4, counts: [2, 2] },
    { what: "one unknown speed, which counts as 1 image/s", speeds: [0, 3], slots: 8, counts: [2, 6] },
    { what: "one peer", speeds: [5], slots: 8, counts: [8] },
  ])("AS1 $what", ({ speeds, slots: number, counts }) => {
    expect([...shareOut(number, workersOf(...speeds)).values()]).toEqual(counts);
  });

  test("AS1 no other distribution is done sooner", () => {
    const few = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(few, fc.integer({ min: 1, max: 9 }), (speeds, number) => {
        const some = workersOf(...speeds);
        const best = Math.min(...distributions(number, speeds.length).map((counts) => Math.max(...counts.map((n, i) => n / speeds[i]))));
        expect(makespan(assignSlots(number, some, []), some)).toBeCloseTo(best, 12);
      }),
    );
  });

  test("AS1 the order in which peers are listed does not matter", () => {
    fc.assert(
      fc.property(workers, slots, (some, number) => {
        const sorted = [...some].sort((a, b) => a.id - b.id);
        const listed = shareOut(number, some);
        for (const [id, count] of shareOut(number, sorted)) expect(listed.get(id)).toBe(count);
      }),
    );
  });
});

/** Every way to give `slots` slots to `peers` peers, as counts. */
function distributions(slots: number, peers: number): number[][] {
  if (peers === 1) return [[slots]];
  return Array.from({ length: slots + 1 }, (_, n) => n).flatMap((n) => distributions(slots - n, peers - 1).map((rest) => [n, ...rest]));
}

describe("slots", () => {
  const previous = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 });

  test("AS2 every peer has its share, and as many of its old slots as fit in it", () => {
    fc.assert(
      fc.property(workers, slots, previous, (some, number, before) => {
        const holders = assignSlots(number, some, before);
        expect(holders.length).toBe(number);
        for (const [id, share] of shareOut(number, some)) {
          expect(countOf(holders, id)).toBe(share);
          const kept = holders.filter((holder, slot) => holder === id && before[slot] === id).length;
          expect(kept).toBe(Math.min(share, countOf(before.slice(0, number), id)));
        }
      }),
    );
  });

  test("AS2 the same peers at the same speeds keep everything", () => {
    const some = workersOf(120, 80, 100);
    const before = assignSlots(16, some, []);
    expect(assignSlots(16, some, before)).toEqual(before);
  });

  test("AS3 only the slots of lost peers move, to those who are done first", () => {
    fc.assert(
      fc.property(workers, slots, (some, number) => {
        const everyone = [...some, { id: 20, imagesPerSecond: 100 }, { id: 21, imagesPerSecond: 50 }];
        const before = assignSlots(number, everyone, []);
        const after = reassignSlots(before, some);
        for (const [slot, holder] of before.entries()) {
          if (holder < 20) expect(after[slot]).toBe(holder);
          else expect(some.map(({ id }) => id)).toContain(after[slot]);
        }
      }),
    );
    expect(reassignSlots([1, 1, 2, 3, 3, 3], workersOf(100, 100))).toEqual([1, 1, 2, 2, 1, 2]);
  });
});

describe("owners", () => {
  test.each([
    { peers: [4], entries: 60 },
    { peers: [1, 2, 3], entries: 60 },
    { peers: Array.from({ length: 7 }, (_, i) => i + 1), entries: 60 },
    { peers: Array.from({ length: 100 }, (_, i) => i + 1), entries: 100 },
  ])("AS4 $peers.length peers own the slices equally", ({ peers, entries }) => {
    const owners = assignOwners(peers);
    expect(owners.length).toBe(entries);
    const counts = peers.map((id) => countOf(owners, id));
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  test("AS3 only the slices of lost peers move, evenly", () => {
    const before = assignOwners([1, 2, 3, 4]);
    const after = reassignOwners(before, [1, 3, 4]);
    for (const [i, owner] of before.entries()) if (owner !== 2) expect(after[i]).toBe(owner);
    expect([1, 2, 3, 4].map((id) => countOf(after, id))).toEqual([20, 0, 20, 20]);
  });
});

test("AS1 the time of a step is that of its slowest peer", () => {
  expect(makespan([1, 1, 2], workersOf(4, 1))).toBe(1);
  expect(makespan([1, 1, 1], workersOf(4, 1))).toBe(0.75);
});
