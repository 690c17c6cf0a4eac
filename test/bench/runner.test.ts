import { describe, expect, test } from "vitest";
import { measureInTurns, type Runner, roundsOf } from "./runner.ts";

/** A runner that gives these speeds, one a window, and notes its name when it runs. */
function runner(name: string, speeds: readonly number[], log: string[], more: Partial<Runner> = {}): Runner {
  let windows = 0;
  const window = () => {
    log.push(name);
    return Promise.resolve(speeds[windows++ % speeds.length]);
  };
  return { name, window, stepMs: 1, ...more };
}

describe("roundsOf", () => {
  test.each([
    ["a step shorter than a window: all", 9, 400, 90, 9],
    ["five windows long: still all", 9, 400, 2000, 9],
    ["four seconds: as many as five fast runners' time allows", 9, 400, 4000, 4],
    ["a minute: two", 9, 400, 60_000, 2],
    ["never more than there are", 1, 400, 60_000, 1],
  ] as const)("%s", (_, rounds, windowMs, stepMs, expected) => {
    expect(roundsOf(rounds, windowMs, stepMs)).toBe(expected);
  });
});

test("runners take turns, and the order turns around with every round", async () => {
  const log: string[] = [];
  await measureInTurns([runner("a", [1], log), runner("b", [1], log), runner("c", [1], log)], 3, 10);
  expect(log.join("")).toBe("abccbaabc");
});

test("a slow runner takes part in few rounds, spread over all, and is compared with the others in those alone", async () => {
  const log: string[] = [];
  const first = runner("first", [100, 110, 120, 130], log);
  const own = runner("own", [200, 220, 240, 260], log, { own: true });
  const slow = runner("slow", [11, 13], log, { stepMs: 1000 });
  const speeds = await measureInTurns([first, own, slow], 4, 10);
  expect(log.filter((name) => name === "slow")).toHaveLength(2);
  expect(log.indexOf("slow")).toBe(2); // first in round 1 of 0 to 3, whose order is reversed; then in round 3
  expect(speeds.map(({ name, rounds }) => [name, rounds])).toEqual([
    ["first", 4],
    ["own", 4],
    ["slow", 2],
  ]);
  expect(speeds.map(({ ratio }) => ratio)).toEqual([1, 2, 0.1]);
  expect(speeds.map(({ lead }) => lead)).toEqual([2, 1, 20]);
});

test("a runner whose step is not known is warmed up by a window first", async () => {
  const log: string[] = [];
  const cold: Runner = { name: "cold", window: runner("cold", [5], log).window };
  await measureInTurns([cold, runner("warm", [5], log)], 2, 10);
  expect(log).toEqual(["cold", "cold", "warm", "warm", "cold"]);
});
