import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "tar";
import { ARCHIVE_FOLDER, type Archive, CLASS_NAMES_FILE, TEST_FILE, TRAIN_FILES } from "../../../coordinator/data/cifar10.ts";

export const BATCH_BYTES = 10_000 * 3073;

const CLASS_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

const FIRST_PIXELS = incompressible(3072 - 1);

/** The six files with valid records, of the right sizes, zero but for the first record: sparse files cost nothing. */
export function writeCifar10(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [index, name] of [...TRAIN_FILES, TEST_FILE].entries()) {
    writeFileSync(join(folder, name), new Uint8Array([index, 255 - index, ...FIRST_PIXELS]));
    truncateSync(join(folder, name), BATCH_BYTES);
  }
  writeFileSync(join(folder, CLASS_NAMES_FILE), `${CLASS_NAMES.join("\n")}\n\n`); // the official file ends with an empty line, too
}

/** A small archive with the layout of the official one, and its checksum. */
export async function makeArchive(folder: string): Promise<{ readonly bytes: Uint8Array; readonly archive: Archive }> {
  writeCifar10(join(folder, ARCHIVE_FOLDER));
  const file = join(folder, "archive.tar.gz");
  await create({ gzip: true, file, cwd: folder }, [ARCHIVE_FOLDER]);
  const bytes = readFileSync(file);
  const md5 = createHash("md5").update(bytes).digest("hex");
  return { bytes, archive: { name: "cifar-10-binary.tar.gz", bytes: bytes.length, md5 } };
}

/** Bytes that gzip cannot shrink: tar refuses what unpacks to a thousand times its size. */
function incompressible(count: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(count / 32) }, (_, i) => createHash("sha256").update(String(i)).digest());
  return Buffer.concat(blocks).subarray(0, count);
}
