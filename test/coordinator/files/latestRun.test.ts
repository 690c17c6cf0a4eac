import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { latestRun } from "../../../coordinator/files/latestRun.ts";
import { temporaryFolder } from "../temporaryFolder.ts";

test("before any run there is none to go on with, which is said", async () => {
  const root = join(temporaryFolder(), "runs");
  const sentence = `There is no run to go on with: ${root} has none. Leave --resume out to begin one.`;
  await expect(latestRun(root)).rejects.toThrow(sentence);
  mkdirSync(join(root, "2026-01-31-140509-lenet5"), { recursive: true });
  writeFileSync(join(root, "notes.txt"), "");
  await expect(latestRun(root)).rejects.toThrow(sentence);
});

test("the latest run is the one that was begun last, and has a configuration", async () => {
  const root = temporaryFolder();
  for (const name of ["2026-01-31-140509-lenet5", "2026-02-01-080000-resnet20", "2025-12-31-235959-vgg16"]) {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, "config.json"), "{}");
  }
  mkdirSync(join(root, "2026-03-01-080000-lenet5"));
  writeFileSync(join(root, "notes.txt"), "");
  expect(await latestRun(root)).toBe("2026-02-01-080000-resnet20");
});
