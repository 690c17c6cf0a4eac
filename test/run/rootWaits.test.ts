import { expect, test } from "vitest";
import { type CurrentWait, rootWaits } from "../../coordinator/run/rootWaits.ts";

type Said = Partial<Record<"contributions" | "sums" | "slices", number[]>> & { round?: number };

/** What each of these peers says that it waits for. */
const waits = (said: Record<number, Said>): CurrentWait[] =>
  Object.entries(said).map(([id, { round = 0, ...awaited }]) => {
    const [kind, others] = Object.entries(awaited)[0] as ["contributions" | "sums" | "slices", number[]];
    const lines = others.map((other) => [Number(id), other] as const);
    return { peer: { id: Number(id) } as CurrentWait["peer"], wait: { at: 0, round, kind, arrived: 0, lines, roots: lines } };
  });

const roots = (said: Record<number, Said>, unheard: number[] = []): string[] =>
  rootWaits(waits(said), (peer) => !unheard.includes(peer)).flatMap(({ wait }) => wait.lines.map((ends) => ends.join()));

test.each<[string, Record<number, Said>, string[]]>([
  [
    "a contribution is waited for at the end of the chain",
    { 1: { slices: [2] }, 2: { slices: [3] }, 3: { sums: [4] }, 4: { contributions: [5] } },
    ["4,5"],
  ],
  ["an aggregator that lacks nothing keeps its row's sum", { 1: { slices: [3] }, 3: { sums: [4] }, 4: { slices: [3] } }, ["3,4"]],
  ["an owner that waits for nobody keeps its total", { 1: { slices: [2] }, 2: { slices: [3] } }, ["2,3"]],
  ["several, each at its end", { 1: { contributions: [9] }, 2: { contributions: [9] }, 3: { slices: [1, 8] } }, ["1,9", "2,9", "3,8"]],
  [
    "who has ended the round waits in the next one: that explains nothing",
    { 1: { slices: [2] }, 2: { slices: [7], round: 1 } },
    ["1,2", "2,7"],
  ],
  ["two that wait for each other alone", { 1: { slices: [2] }, 2: { slices: [1] } }, ["1,2", "2,1"]],
])("LI7 %s", (_, said, expected) => {
  expect(roots(said)).toEqual(expected);
});

test("LI7 nothing is said of who has not been heard lately", () => {
  expect(roots({ 1: { slices: [2] } }, [2])).toEqual([]);
  expect(roots({ 1: { slices: [2] }, 2: { slices: [1] }, 3: { slices: [4] } }, [4])).toEqual([]);
});
