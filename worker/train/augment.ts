import { RECORD_BYTES } from "../../coordinator/protocol/paths.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { hashKey } from "../../engine/index.ts";
import { purposes } from "./sampler.ts";

const SIZE = 32;
const CHANNELS = 3;
const PLANE = SIZE * SIZE;

/** Mean and standard deviation of CIFAR-10's training pixels per channel, in units of 255; part of every run's definition. */
export const MEAN = [0.4914, 0.4822, 0.4465] as const;
export const DEVIATION = [0.247, 0.2435, 0.2616] as const;

/** (value / 255 − mean) / deviation for each channel and byte, rounded to f32. */
const normalized: Float32Array = Float32Array.from({ length: CHANNELS * 256 }, (_, i) => {
  const channel = i >>> 8;
  return ((i & 255) / 255 - (MEAN[channel] as number)) / (DEVIATION[channel] as number);
});

/** How an image is shown: moved by (dy, dx) pixels, mirrored or not. */
export interface Placement {
  readonly dy: number;
  readonly dx: number;
  readonly flip: boolean;
}

export const asItIs: Placement = { dy: 0, dx: 0, flip: false };

type Augmentation = Pick<RunConfig, "seed" | "augmentation">;

/** Random crop after padding, and random flip: keyed by (seed, epoch, image), so whoever computes the image shows it alike. */
export function placementOf({ seed, augmentation }: Augmentation, epoch: number, record: number): Placement {
  const key = hashKey(seed, purposes.augment, epoch, record);
  const positions = 2 * augmentation.cropPadding + 1;
  return {
    dy: (hashKey(key, 0) % positions) - augmentation.cropPadding,
    dx: (hashKey(key, 1) % positions) - augmentation.cropPadding,
    flip: augmentation.flip && hashKey(key, 2) % 2 === 1,
  };
}

/** Writes record `index` of `records` into image `index` of `input` (NHWC, normalised; what lies outside the image is 0). */
export function writeImage(records: Uint8Array, index: number, placement: Placement, input: Float32Array): void {
  const pixels = index * RECORD_BYTES + 1;
  const image = index * PLANE * CHANNELS;
  input.fill(0, image, image + PLANE * CHANNELS);
  for (let y = 0; y < SIZE; y++) {
    const fromY = y + placement.dy;
    if (fromY < 0 || fromY >= SIZE) continue;
    for (let x = 0; x < SIZE; x++) {
      const fromX = (placement.flip ? SIZE - 1 - x : x) + placement.dx;
      if (fromX < 0 || fromX >= SIZE) continue;
      const from = pixels + fromY * SIZE + fromX;
      const to = image + (y * SIZE + x) * CHANNELS;
      for (let channel = 0; channel < CHANNELS; channel++) {
        input[to + channel] = normalized[(channel << 8) | (records[from + channel * PLANE] as number)] as number;
      }
    }
  }
}

export const labelOf = (records: Uint8Array, index: number): number => records[index * RECORD_BYTES] as number;
