import { expect, test } from "vitest";
import { chooseMicroBatch } from "./microBatch.ts";

test.each([
  ["a fast engine has the micro-batch that is wanted", 3e9, 41e6, 32, { images: 32, reason: "32 images, as wanted" }],
  [
    "a slow one has half of it until a step takes seconds",
    4e7,
    41e6,
    32,
    { images: 4, reason: "4 images, in place of 32, for which a step would take about 98 s" },
  ],
  [
    "a single image where even two take long",
    5e6,
    41e6,
    32,
    { images: 1, reason: "1 images, in place of 32, for which a step would take about 787 s" },
  ],
  [
    "and it is left out where one would take minutes",
    5e6,
    153e6,
    32,
    { images: 0, reason: "left out: a step of a single image would take about 92 s" },
  ],
] as const)("%s", (_, speed, macs, wanted, expected) => {
  expect(chooseMicroBatch(speed, macs, wanted)).toEqual(expected);
});
