import { expect, test } from "vitest";
import { reportCliffs, reportModel, reportReady, reportRooflines, reportThreads } from "./report.ts";
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

test("an unusual step stands beside the ordinary one: time for an image, ratio, and ratio for a multiplication", () => {
  const ordinary = { name: "ordinary", millisecondsAnImage: 2, ratio: 1, bestRatio: 1, ratioAMultiplication: 1 };
  const wide = { name: "33 channels", millisecondsAnImage: 5, ratio: 2.6, bestRatio: 2.5, ratioAMultiplication: 2.35 };
  expect(reportCliffs({ name: "resnet20, fused", rows: [ordinary, wide] }).split("\n")).toEqual([
    "| resnet20, fused | ms an image, best | times the first | best over best | for a multiplication |",
    "| --------------- | ----------------- | --------------- | -------------- | -------------------- |",
    "| ordinary        | 2.00              | 1.00            | 1.00           | 1.00                 |",
    "| 33 channels     | 5.00              | 2.60            | 2.50           | 2.35                 |",
    "",
  ]);
});

test("a model is ready after so long and with a module of this size, in each numerics class", () => {
  const preparations = { plain: { preparationMs: 49.4, moduleBytes: 2048 }, fused: { preparationMs: 60.6, moduleBytes: 4096 } };
  expect(reportReady([{ model: "resnet20", preparations }]).split("\n")).toEqual([
    "| ready    | plain, ms | plain, KiB | fused, ms | fused, KiB |",
    "| -------- | --------- | ---------- | --------- | ---------- |",
    "| resnet20 | 49        | 2          | 61        | 4          |",
    "",
  ]);
});

test("pools stand in the table with what keeps them from being bound to their cores", () => {
  const speeds = [own, { ...own, name: "2 compute workers", median: 700, best: 703, ratio: 1.93 }];
  const said = reportThreads({ name: "resnet20", speeds, problems: ["taskset is missing"] });
  expect(said).toContain("| 2 compute workers | 700              | 703  | 1.93               |");
  expect(said.split("\n").slice(-2)).toEqual(["- taskset is missing", ""]);
});

test("a step is told in multiples of what its products take at the peak", () => {
  const rows = [{ model: "mobilenet", gflop: 8.8, productsMs: 157, stepMs: 314 }];
  const said = reportRooflines("fused", { gflops: 56, gigabytesPerSecond: 10 }, rows);
  expect(said).toContain("a step takes 2.00 × what its products take at the peak");
});
