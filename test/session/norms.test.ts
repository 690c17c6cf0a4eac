import { describe, expect, test } from "vitest";
import { coverageOf } from "../../worker/collective/coverage.ts";
import { Norms, normsOf, outlying } from "../../worker/session/norms.ts";

const layout = { length: 100, sumLength: 90 };

/** What an owner of the only slice summed: by sender, its slots and the value of each element. */
const summed = (pieces: Record<number, readonly [slots: readonly number[], value: number]>) =>
  new Map([
    [
      0,
      Object.entries(pieces).map(([sender, [slots, value]]) => ({
        sender: Number(sender),
        coverage: coverageOf(8, slots),
        elements: new Int32Array(100).fill(value),
      })),
    ],
  ]);

const usual = { 1: [[0, 1, 2, 3], 400], 2: [[4, 5], 180], 3: [[6], 90] } as const;

describe("AU11 norms", () => {
  test("AU11 a slot's norm lies between r / k and r / √k; maxima do not count", () => {
    const [norm] = normsOf(
      new Map([[0, [{ sender: 1, coverage: coverageOf(8, [0, 1, 2, 3]), elements: new Int32Array(100).fill(400, 0, 90).fill(-9, 90) }]]]),
      layout,
      8,
    );
    expect(norm).toEqual({ sender: 1, least: 100, most: 200 });
  });

  test.each([
    ["as large as others", 100, []],
    ["four times as large as the largest may be", 800, []],
    ["larger than that", 900, [4]],
    ["small, but a quarter of the smallest", 23, []],
    ["smaller than that", 20, [4]],
    ["nothing", 0, [4]],
  ] as const)("AU11 %s", (_, value, expected) => {
    const found = outlying(normsOf(summed({ ...usual, 4: [[7], value] }), layout, 8), []);
    expect(found.map(({ sender }) => sender)).toEqual(expected);
  });

  test("AU11 what others contributed to the rounds before counts as well, what it contributed itself does not", () => {
    const norms = new Norms();
    expect(norms.look(summed({ ...usual, 4: [[7], 100] }), layout, 8)).toEqual([]);
    expect(norms.look(summed({ ...usual, 1: [[0, 1, 2, 3], 4000], 4: [[7], 100] }), layout, 8).map(({ sender }) => sender)).toEqual([1]);
    expect(norms.look(summed({ ...usual, 4: [[7], 900] }), layout, 8)).toEqual([]); // another has shown that such a thing happens
    expect(norms.look(summed({ ...usual, 1: [[0, 1, 2, 3], 4000], 4: [[7], 100] }), layout, 8)).toEqual([]);
  });

  test("AU11 when the gradients of all become larger at once, nobody is suspicious; of two nobody can be", () => {
    const norms = new Norms();
    norms.look(summed(usual), layout, 8);
    expect(norms.look(summed({ 1: [[0, 1, 2, 3], 40_000], 2: [[4, 5], 18_000], 3: [[6], 9000] }), layout, 8)).toEqual([]);
    expect(outlying(normsOf(summed({ 1: [[0], 1], 2: [[1], 1000] }), layout, 8), [])).toEqual([]);
  });

  test("AU11 the reason says how far outside it is", () => {
    expect(outlying(normsOf(summed({ ...usual, 4: [[7], 20_000] }), layout, 8), [])[0].why).toBe(
      "its slots have 1.0e+2 times the norm of any other",
    );
  });
});
