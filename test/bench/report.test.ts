import { expect, test } from "vitest";
import { reportModel } from "./report.ts";
import type { ModelResult } from "./results.ts";

const own = { name: "tabgrad, fused", median: 362.4, best: 370, ratio: 1, lead: 1, rounds: 9 };
const preparations = { fused: { preparationMs: 60.2, moduleBytes: 184 * 1024 } };

test("rivals stand in the table: how much faster we are, in how many rounds, and who cannot, with the reason below", () => {
  const result: ModelResult = {
    ...{ model: "resnet20", images: 32, rounds: 9, preparations },
    speeds: [own, { name: "slow, 4 images", median: 0.204, best: 0.33, ratio: 0.00056, lead: 1776, rounds: 2 }],
    rivals: [
      { type: "ready", name: "slow, 4 images", images: 4, difference: 8.63e-6 },
      { type: "cannot", name: "other", reason: "it has no convolution" },
    ],
  };
  expect(reportModel(result, undefined).split("\n")).toEqual([
    "| resnet20, 32 images | images/s, median | best | ratio to the first | tabgrad is | rounds |",
    "| ------------------- | ---------------- | ---- | ------------------ | ---------- | ------ |",
    "| tabgrad, fused      | 362              | 370  | 1.00               | 1.00×      | 9 of 9 |",
    "| slow, 4 images      | 0.20             | 0.33 | 0.00056            | 1776×      | 2 of 9 |",
    "| other               | cannot           |      |                    |            |        |",
    "",
    "- slow, 4 images: its first losses differ from ours by 8.6e-6 of the largest at most",
    "- other: it has no convolution",
    "",
    "fused: ready in 60 ms, 184 KiB",
    "",
  ]);
});

test("without rivals the table is about us alone, and an earlier run's speed is compared", () => {
  const result: ModelResult = { model: "lenet5", images: 32, rounds: 9, preparations, speeds: [own], rivals: [] };
  const earlier = { ...result, speeds: [{ ...own, median: 300 }] };
  expect(reportModel(result, earlier).split("\n").slice(0, 3)).toEqual([
    "| lenet5, 32 images | images/s, median | best | ratio to the first | of the earlier |",
    "| ----------------- | ---------------- | ---- | ------------------ | -------------- |",
    "| tabgrad, fused    | 362              | 370  | 1.00               | 121 %          |",
  ]);
});
