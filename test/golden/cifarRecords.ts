import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CIFAR_SHAPE, elementsOf } from "../../engine/index.ts";
import { cifar10Folder, sharedIsThere } from "../shared.ts";

const PIXEL_BYTES = elementsOf(CIFAR_SHAPE);
const RECORD_BYTES = 1 + PIXEL_BYTES; // a label, then the planes of red, green and blue

export interface CifarRecords {
  readonly bytes: Uint8Array;
}

/** The first file of CIFAR-10's binary archive: from `directory`, else from the shared folder, if either has it. */
export function openCifar(directory: string | undefined): CifarRecords | undefined {
  const from = directory ?? (sharedIsThere ? cifar10Folder() : undefined);
  if (from === undefined) return undefined;
  const file = join(from, "data_batch_1.bin");
  return existsSync(file) ? { bytes: readFileSync(file) } : undefined;
}

export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Records first … first + count − 1 as a batch: NHWC, (v / 255 − mean) / std. */
export function readBatch(records: CifarRecords, first: number, count: number, { mean, std }: Normalization) {
  const { channels } = CIFAR_SHAPE;
  const pixels = PIXEL_BYTES / channels;
  const images = new Float32Array(count * PIXEL_BYTES);
  const labels = new Int32Array(count);
  for (let image = 0; image < count; image++) {
    const record = records.bytes.subarray((first + image) * RECORD_BYTES, (first + image + 1) * RECORD_BYTES);
    labels[image] = record[0];
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < pixels; p++) {
        const value = Math.fround(record[1 + c * pixels + p] / 255);
        images[image * PIXEL_BYTES + p * channels + c] = (value - mean[c]) / std[c];
      }
    }
  }
  return { images, labels };
}
