import type { Stats } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { RECORD_BYTES } from "../protocol/paths.ts";
import {
  ARCHIVE_FOLDER,
  CLASS_NAMES_FILE,
  CLASSES,
  OFFICIAL_ARCHIVE,
  OFFICIAL_SITE,
  RECORDS_PER_FILE,
  TEST_FILE,
  TRAIN_FILES,
} from "./cifar10.ts";
import type { Records } from "./dataset.ts";

const FILE_BYTES = RECORDS_PER_FILE * RECORD_BYTES;
const MAX_CLASS_NAME_CHARACTERS = 64; // what the protocol's DatasetInfo allows

/** A folder that does not hold CIFAR-10; the message says what is wrong with it. */
export class NotCifar10 extends Error {
  override readonly name = "NotCifar10";
}

/** Reads and checks the six files in `directory`, or in the subfolder that the official archive unpacks to. */
export async function readCifar10(directory: string): Promise<Records> {
  const folder = await locate(directory);
  const classes = await readClassNames(join(folder, CLASS_NAMES_FILE));
  const train = new Uint8Array(TRAIN_FILES.length * FILE_BYTES);
  for (const [index, name] of TRAIN_FILES.entries()) {
    await readBatch(join(folder, name), train.subarray(index * FILE_BYTES, (index + 1) * FILE_BYTES));
  }
  const test = new Uint8Array(FILE_BYTES);
  await readBatch(join(folder, TEST_FILE), test);
  return { classes, train, test };
}

async function locate(directory: string): Promise<string> {
  const found = await statOrUndefined(directory);
  if (found === undefined) throw new NotCifar10(`${directory} does not exist.`);
  if (!found.isDirectory()) throw new NotCifar10(describeFile(directory));
  for (const folder of [directory, join(directory, ARCHIVE_FOLDER)]) {
    if ((await missingFiles(folder)).length < TRAIN_FILES.length + 2) return complete(folder);
  }
  if (await holdsPythonVersion(directory)) {
    throw new NotCifar10(
      `${directory} holds the Python version of CIFAR-10 (pickle files); the binary version is needed: ${OFFICIAL_SITE}${OFFICIAL_ARCHIVE.name}.`,
    );
  }
  throw new NotCifar10(`${directory} holds none of the files of CIFAR-10's binary version (${TRAIN_FILES[0]} … ${TEST_FILE}).`);
}

async function complete(folder: string): Promise<string> {
  const missing = await missingFiles(folder);
  if (missing.length > 0)
    throw new NotCifar10(`${folder} is not complete: ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing.`);
  return folder;
}

async function missingFiles(folder: string): Promise<string[]> {
  const names = [...TRAIN_FILES, TEST_FILE, CLASS_NAMES_FILE];
  const found = await Promise.all(names.map((name) => statOrUndefined(join(folder, name))));
  return names.filter((_, index) => found[index] === undefined);
}

async function holdsPythonVersion(directory: string): Promise<boolean> {
  const traces = ["data_batch_1", "batches.meta", "cifar-10-batches-py"].map((name) => statOrUndefined(join(directory, name)));
  return (await Promise.all(traces)).some((found) => found !== undefined);
}

function describeFile(path: string): string {
  const unpack = /\.(tar\.gz|tgz)$/.test(path) ? ` Unpack the archive first: tar -xzf ${path}` : "";
  return `${path} is a file; a folder with the files of CIFAR-10's binary version is expected.${unpack}`;
}

async function readBatch(path: string, into: Uint8Array): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size !== into.length) {
      throw new NotCifar10(`${path} has ${size} bytes; ${RECORDS_PER_FILE} records of ${RECORD_BYTES} bytes are ${into.length}.`);
    }
    for (let filled = 0; filled < into.length; ) {
      const { bytesRead } = await file.read(into, filled, into.length - filled, filled);
      if (bytesRead === 0) throw new NotCifar10(`${path} ended after ${filled} of ${into.length} bytes.`);
      filled += bytesRead;
    }
  } finally {
    await file.close();
  }
  for (let record = 0; record < RECORDS_PER_FILE; record++) {
    const label = into[record * RECORD_BYTES] as number;
    if (label >= CLASSES) throw new NotCifar10(`${path}: record ${record} has the label ${label}; labels go from 0 to ${CLASSES - 1}.`);
  }
}

async function readClassNames(path: string): Promise<string[]> {
  const names = (await readFile(path, "utf8"))
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (names.length !== CLASSES || names.some((name) => name.length > MAX_CLASS_NAME_CHARACTERS)) {
    throw new NotCifar10(`${path} should hold the names of ${CLASSES} classes, one a line; it holds ${names.length} lines.`);
  }
  return names;
}

async function statOrUndefined(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
