import fc from "fast-check";
import { expect, test } from "vitest";
import { slotHolder, slotsOf, type View, viewFor } from "../../coordinator/protocol/view.ts";
import { view } from "./samples.ts";

const at = (number: number, fromRound: number): View => ({ ...view, view: number, fromRound });

test.each([
  { what: "before the first view", views: [[1, 3]], round: 2, holds: undefined },
  { what: "no view at all", views: [], round: 0, holds: undefined },
  {
    what: "the first round of a view",
    views: [
      [1, 0],
      [2, 5],
    ],
    round: 5,
    holds: 2,
  },
  {
    what: "the round before it",
    views: [
      [1, 0],
      [2, 5],
    ],
    round: 4,
    holds: 1,
  },
  {
    what: "a repair of the view that holds",
    views: [
      [1, 0],
      [2, 5],
      [3, 4],
    ],
    round: 4,
    holds: 3,
  },
  {
    what: "a repair together with its planned successor",
    views: [
      [1, 0],
      [2, 9],
      [3, 4],
      [4, 9],
    ],
    round: 9,
    holds: 4,
  },
  {
    what: "between the two",
    views: [
      [1, 0],
      [2, 9],
      [3, 4],
      [4, 9],
    ],
    round: 8,
    holds: 3,
  },
  {
    what: "a run that begins anew",
    views: [
      [1, 0],
      [2, 9],
      [3, 0],
    ],
    round: 20,
    holds: 3,
  },
])("VI1 $what", ({ views, round, holds }) => {
  const list = views.map(([number, from]) => at(number, from));
  expect(viewFor(list, round)?.view).toBe(holds);
});

test("VI6 each slot of an evaluation has one holder, in the proportion of the training slots", () => {
  const scene = fc.record({
    slotHolders: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 40 }),
    slots: fc.integer({ min: 1, max: 400 }),
  });
  const run = ({ slotHolders, slots }: { slotHolders: number[]; slots: number }) => {
    const some = { ...view, slotHolders };
    const all = [1, 2, 3, 4, 5, 6].flatMap((peer) => slotsOf(some, peer, slots));
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: slots }, (_, slot) => slot));
    for (const peer of [1, 2, 3, 4, 5, 6]) {
      const held = slotHolders.filter((holder) => holder === peer).length;
      const share = (held * slots) / slotHolders.length;
      // Each training slot stands for a run of evaluation slots whose length is rounded up or down.
      expect(Math.abs(slotsOf(some, peer, slots).length - share)).toBeLessThanOrEqual(held);
    }
  };
  fc.assert(fc.property(scene, run));
});

test("VI6 a training step has its own slots", () => {
  const { slotHolders } = view;
  expect(slotHolders.map((_, slot) => slotHolder(view, slot, slotHolders.length))).toEqual(slotHolders);
});
