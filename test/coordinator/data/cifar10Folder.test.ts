import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NotCifar10, readCifar10 } from "../../../coordinator/data/cifar10Folder.ts";
import { temporaryFolder } from "../temporaryFolder.ts";
import { BATCH_BYTES, writeCifar10 } from "./fakeCifar10.ts";

test.each(["", "cifar-10-batches-bin"])("CIFAR-10 is read from a folder, or from its subfolder %j", async (subfolder) => {
  const folder = temporaryFolder();
  writeCifar10(join(folder, subfolder));
  const { classes, train, test: testRecords } = await readCifar10(folder);
  expect(classes).toHaveLength(10);
  expect(classes[0]).toBe("airplane");
  expect(train.length).toBe(5 * BATCH_BYTES);
  expect(testRecords.length).toBe(BATCH_BYTES);
  // The files in order, each recognised by its first label.
  expect([0, 1, 2, 3, 4].map((file) => train[file * BATCH_BYTES])).toEqual([0, 1, 2, 3, 4]);
  expect(testRecords[0]).toBe(5);
});

async function writeByte(path: string, position: number, value: number): Promise<void> {
  const file = await open(path, "r+");
  await file.write(new Uint8Array([value]), 0, 1, position);
  await file.close();
}

const faults: [name: string, spoil: (folder: string) => unknown, sentence: RegExp][] = [
  ["no folder", (folder) => rmSync(folder, { recursive: true }), /does not exist/],
  ["a missing batch", (folder) => rmSync(join(folder, "data_batch_3.bin")), /is not complete: data_batch_3\.bin is missing/],
  [
    "two missing files",
    (folder) => ["test_batch.bin", "batches.meta.txt"].map((name) => rmSync(join(folder, name))),
    /test_batch\.bin, batches\.meta\.txt are missing/,
  ],
  [
    "a short batch",
    (folder) => truncateSync(join(folder, "data_batch_2.bin"), 1000),
    /data_batch_2\.bin has 1000 bytes; 10000 records of 3073 bytes are 30730000/,
  ],
  ["a long batch", (folder) => truncateSync(join(folder, "test_batch.bin"), BATCH_BYTES + 1), /test_batch\.bin has 30730001 bytes/],
  [
    "a label above 9",
    (folder) => writeByte(join(folder, "data_batch_5.bin"), 7 * 3073, 10),
    /data_batch_5\.bin: record 7 has the label 10; labels go from 0 to 9/,
  ],
  [
    "too few names",
    (folder) => writeFileSync(join(folder, "batches.meta.txt"), "cat\ndog\n"),
    /names of 10 classes, one a line; it holds 2 lines/,
  ],
];

test.each(faults)("a folder with %s is refused in words", async (_name, spoil, sentence) => {
  const folder = join(temporaryFolder(), "cifar");
  writeCifar10(folder);
  await spoil(folder);
  const error = await readCifar10(folder).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(NotCifar10);
  expect((error as Error).message).toMatch(sentence);
});

test.each([["data_batch_1"], ["batches.meta"], ["cifar-10-batches-py"]])("the Python version is recognised by %s", async (name) => {
  const folder = temporaryFolder();
  await mkdir(join(folder, name));
  await expect(readCifar10(folder)).rejects.toThrow(
    /holds the Python version of CIFAR-10.*binary version is needed: https:.*cifar-10-binary\.tar\.gz/,
  );
});

test("an empty folder, a file and the archive itself are told apart", async () => {
  const folder = temporaryFolder();
  await expect(readCifar10(folder)).rejects.toThrow(/holds none of the files/);
  const file = join(folder, "cifar-10-binary.tar.gz");
  writeFileSync(file, "");
  await expect(readCifar10(file)).rejects.toThrow(/is a file; a folder .* is expected\. Unpack the archive first: tar -xzf/);
  await expect(readCifar10(join(file, "deeper"))).rejects.toThrow(/does not exist/);
});
