import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CIFAR_SHAPE, elementsOf } from "../../engine/index.ts";

const PIXEL_BYTES = elementsOf(CIFAR_SHAPE);
const RECORD_BYTES = 1 + PIXEL_BYTES; // a label, then the planes of red, green and blue
const FIRST_BATCH = "data_batch_1.bin";

/** Where the unpacked set is kept between runs when no directory is given. */
const CACHE = new URL("../../.cache/shared-cifar-10", import.meta.url).pathname;

export interface CifarRecords {
  readonly bytes: Uint8Array;
}

/** The first file of CIFAR-10's binary archive: from `directory`, else unpacked by the shared folder's script into the cache. */
export function openCifar(directory: string | undefined, sharedDirectory: string): CifarRecords | undefined {
  const from = directory ?? CACHE;
  const file = join(from, FIRST_BATCH);
  const unpack = join(sharedDirectory, "cifar-10", "unpack.mjs");
  if (!existsSync(file) && directory === undefined && existsSync(unpack)) {
    const { status, stderr } = spawnSync(process.execPath, [unpack, from], { encoding: "utf8" });
    if (status !== 0) throw new Error(`unpacking CIFAR-10 into ${from} ended with status ${status}: ${stderr}`);
  }
  if (!existsSync(file)) return undefined;
  return { bytes: readFileSync(file) };
}

export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Records first … first + count − 1 as a batch: NHWC, (v / 255 − mean) / std. */
export function readBatch({ bytes }: CifarRecords, first: number, count: number, { mean, std }: Normalization) {
  const { channels } = CIFAR_SHAPE;
  const pixels = PIXEL_BYTES / channels;
  const images = new Float32Array(count * PIXEL_BYTES);
  const labels = new Int32Array(count);
  for (let image = 0; image < count; image++) {
    const record = (first + image) * RECORD_BYTES;
    labels[image] = bytes[record];
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < pixels; p++) {
        const value = bytes[record + 1 + c * pixels + p];
        images[image * PIXEL_BYTES + p * channels + c] = (Math.fround(value / 255) - mean[c]) / std[c];
      }
    }
  }
  return { images, labels };
}
