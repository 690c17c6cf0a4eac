import { expect, test } from "vitest";
import { measureScale } from "./scale.ts";

test.each([
  [32, "direct"],
  [64, "two levels"],
  [70, "two levels"],
] as const)("AR7 AR11 TO5 %i peers, %s: messages, bytes and time of a step are those of the cost model", async (peers, topology) => {
  const { messages, bytes, ms, links, relayed } = await measureScale(peers, topology, 2);
  // What is under way when the first step's measurement begins may be more or less than at the end.
  expect(Math.abs(messages[1] / messages[0] - 1)).toBeLessThan(0.02);
  expect(Math.abs(bytes[1] / bytes[0] - 1)).toBeLessThan(0.02);
  expect(ms[1] / ms[0]).toBeGreaterThan(0.5);
  expect(ms[1] / ms[0]).toBeLessThan(1.6);
  expect(links[1]).toBeLessThan(topology === "direct" ? peers : 64);
  expect(relayed).toBeLessThan(0.02 * messages[0]);
});
