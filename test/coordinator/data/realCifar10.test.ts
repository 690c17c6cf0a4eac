import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { findDataset } from "../../../coordinator/data/findDataset.ts";
import { temporaryFolder } from "../temporaryFolder.ts";

const shared = process.env["TABGRAD_SHARED"] ?? resolve(import.meta.dirname, "../../../../shared");
const unpack = resolve(shared, "cifar-10/unpack.mjs");
const reason = existsSync(unpack) ? "" : ` (skipped: ${unpack} does not exist; set TABGRAD_SHARED)`;

test.skipIf(reason !== "")(`the 60,000 photographs are read, 6,000 of each class${reason}`, { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  execFileSync(process.execPath, [unpack, folder]);
  const { info, train, test: testRecords } = await findDataset({ data: folder, environment: {}, say: () => undefined });
  expect(info).toMatchObject({ name: "cifar-10", trainRecords: 50_000, testRecords: 10_000 });
  expect(info.classes).toEqual(["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]);
  expect(labelCounts(train)).toEqual(Array(10).fill(5000));
  expect(labelCounts(testRecords)).toEqual(Array(10).fill(1000));
});

function labelCounts(records: Uint8Array): number[] {
  const counts = Array<number>(10).fill(0);
  for (let at = 0; at < records.length; at += 3073) counts[records[at]]++;
  return counts;
}
