import { readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import { createRunFiles, openRunFiles } from "../../coordinator/run/runFiles.ts";
import { temporaryFolder } from "../coordinator/temporaryFolder.ts";

const digest = "0".repeat(64);
const dataset = { name: "synthetic", trainRecords: 512, testRecords: 64, classes: ["a"], digest } as const;
const config = toRunConfig({ model: "lenet5", steps: 3 }, { ...dataset, classes: ["a"] });
const never = () => expect.unreachable("the disk is not full");

test("FI1 a run that is served cannot be resumed by a second coordinator, until the first has ended", async () => {
  const root = temporaryFolder();
  const first = await createRunFiles(root, config, never);
  const path = join(root, first.id);
  await expect(openRunFiles(root, first.id, digest, never)).rejects.toThrow(`${path} is in use by process ${process.pid} on ${hostname()}`);
  await first.close();
  const second = await openRunFiles(root, first.id, digest, never);
  expect(second.identity).toEqual(first.identity);
  await expect(openRunFiles(root, first.id, digest, never)).rejects.toThrow(/is in use by process/);
  await second.close();
  expect(readdirSync(path).filter((name) => name.startsWith("lock"))).toEqual([]);
});

test("FI1 a run that cannot be opened is not kept", async () => {
  const root = temporaryFolder();
  const { id, close } = await createRunFiles(root, config, never);
  await close();
  writeFileSync(join(root, id, "journal.jsonl"), "no entry\n");
  for (let turn = 0; turn < 2; turn++) await expect(openRunFiles(root, id, digest, never)).rejects.toThrow(/is damaged at line 1/);
});
