import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { evaluationLine, stepLine } from "../../../coordinator/files/metricsLines.ts";
import { createRunDirectory, openRunDirectory } from "../../../coordinator/files/runDirectory.ts";
import { writeWholeFile } from "../../../coordinator/files/wholeFile.ts";
import { toRunConfig } from "../../../coordinator/options/toRunConfig.ts";
import { temporaryFolder } from "../temporaryFolder.ts";

const config = toRunConfig(
  { model: "lenet5", steps: 3 },
  { name: "synthetic", trainRecords: 512, testRecords: 64, classes: ["a"], digest: "0".repeat(64) },
);
const now = Date.UTC(2026, 0, 31, 14, 5, 9);

test("a run's folder is named after the time and the model, and opened again with the same configuration", async () => {
  const root = join(temporaryFolder(), "runs");
  const created = await createRunDirectory({ root, config, now });
  expect(created).toEqual({
    id: "2026-01-31-140509-lenet5",
    path: join(root, "2026-01-31-140509-lenet5"),
    config,
    createdAt: now,
    journalPath: join(root, "2026-01-31-140509-lenet5", "journal.jsonl"),
    metricsPath: join(root, "2026-01-31-140509-lenet5", "metrics.jsonl"),
  });
  expect(readdirSync(created.path)).toEqual(["config.json"]);
  expect(await openRunDirectory(root, created.id)).toEqual(created);
});

test("runs of the same second get folders of their own", async () => {
  const root = temporaryFolder();
  const runs = await Promise.all([1, 2, 3].map(() => createRunDirectory({ root, config, now })));
  expect(runs.map(({ id }) => id).sort()).toEqual(["2026-01-31-140509-lenet5", "2026-01-31-140509-lenet5-2", "2026-01-31-140509-lenet5-3"]);
});

test.each<[name: string, content: string | undefined, sentence: RegExp]>([
  ["no file", undefined, /There is no run to go on with: .*config\.json cannot be read/],
  ["half a file", '{"protocolVersion":', /config\.json is damaged: /],
  ["a wrong value", JSON.stringify({ protocolVersion: 1, createdAt: now, config: { ...config, slots: 0 } }), /config\.json is damaged: /],
  [
    "another version",
    JSON.stringify({ protocolVersion: 999, createdAt: now, config }),
    /is of protocol version 999, this program speaks \d+/,
  ],
])("a run with %s is refused", async (_name, content, sentence) => {
  const root = temporaryFolder();
  mkdirSync(join(root, "run"));
  if (content !== undefined) writeFileSync(join(root, "run", "config.json"), content);
  await expect(openRunDirectory(root, "run")).rejects.toThrow(sentence);
});

test("a whole file replaces the old one and leaves nothing beside it", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "state.bin");
  await writeWholeFile(file, new Uint8Array([1, 2, 3]));
  await writeWholeFile(file, "new");
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(readdirSync(folder)).toEqual(["state.bin"]);
});

test("a whole file that cannot be put in place leaves the old one, and nothing beside it", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "taken", "inside"), { recursive: true });
  await expect(writeWholeFile(join(folder, "taken"), "new")).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(folder)).toEqual(["taken"]);
});

test("metrics are flat lines of means", () => {
  const metrics = { images: 256, lossSum: 512, correct: 64, saturated: 1, nonFinite: 0, skipped: false, learningRate: 0.05 };
  expect(JSON.parse(stepLine({ step: 7, round: 8, epoch: 1, at: now, metrics, hash: "ab".repeat(8), members: 3 }))).toEqual({
    kind: "train",
    step: 7,
    epoch: 1,
    time: "2026-01-31T14:05:09.000Z",
    loss: 2,
    accuracy: 0.25,
    images: 256,
    learningRate: 0.05,
    members: 3,
    saturated: 1,
    nonFinite: 0,
    skipped: false,
    hash: "abababababababab",
  });
  expect(
    JSON.parse(evaluationLine({ step: 196, epoch: 0, at: now, images: 10_000, correct: 5_000, lossSum: 12_500, nonFinite: 0 })),
  ).toEqual({
    kind: "test",
    step: 196,
    epoch: 0,
    time: "2026-01-31T14:05:09.000Z",
    loss: 1.25,
    accuracy: 0.5,
    images: 10_000,
    nonFinite: 0,
  });
});

test("QU6 a loss that is not finite is null in metrics.jsonl, not what the other slots add up to", () => {
  const point = { step: 196, epoch: 0, at: now, images: 10_000, correct: 1_000, lossSum: 12_500, nonFinite: 3 };
  expect(JSON.parse(evaluationLine(point))).toMatchObject({ loss: null, accuracy: 0.1, nonFinite: 3 });
});
