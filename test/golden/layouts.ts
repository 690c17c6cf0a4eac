import type { Shape } from "../../engine/graph/shape.ts";
import type { NamedTensor } from "../../engine/index.ts";

/** [n, c, h, w] or [n, c] as the shape of one image. */
export function mapShape({ shape }: Pick<NamedTensor, "shape">): Shape {
  const [, channels = 1, height = 1, width = 1] = shape;
  return { height, width, channels };
}

/** PyTorch's [n][c][h][w] to ours, [n][h][w][c]. */
export function toNhwc(values: ArrayLike<number>, { height, width, channels }: Shape): Float64Array {
  return permute(
    values,
    (image, c, pixel) => [(image * channels + c) * height * width + pixel, (image * height * width + pixel) * channels + c],
    { height, width, channels },
  );
}

/** Ours, [n][h][w][c], to PyTorch's [n][c][h][w]. */
export function toNchw(values: ArrayLike<number>, { height, width, channels }: Shape): Float64Array {
  return permute(
    values,
    (image, c, pixel) => [(image * height * width + pixel) * channels + c, (image * channels + c) * height * width + pixel],
    { height, width, channels },
  );
}

type Indexes = (image: number, channel: number, pixel: number) => readonly [from: number, to: number];

function permute(values: ArrayLike<number>, indexes: Indexes, { height, width, channels }: Shape): Float64Array {
  const result = new Float64Array(values.length);
  const images = values.length / (height * width * channels);
  for (let image = 0; image < images; image++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let pixel = 0; pixel < height * width; pixel++) {
        const [from, to] = indexes(image, channel, pixel);
        result[to] = values[from];
      }
    }
  }
  return result;
}
