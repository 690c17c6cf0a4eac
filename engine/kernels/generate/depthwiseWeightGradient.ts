import type { LaneCount } from "../../wasm/pointer.ts";
import type { Conv2dShape } from "../kernels.ts";
import { type Axis, forwardAxis, range } from "./axis.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { heightAxis, widthAxis } from "./mapTiles.ts";
import { pixelSegments } from "./pixelSegments.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";

const VECTORS = 4; // a line of the cache; with three taps a row these are twelve sums, which hide the latency of an addition

/**
 * dw[ky, kx, c] (+)= Σ over images and output pixels of x[pixel + (ky, kx), c] · dy[pixel, c]. (images, x, dy, dw)
 *
 *     for images { for ky { for groups of 16 channels { for rows { for pixels { sums[kx] += x[pixel + kx] · dy[pixel] } } } } }
 */
export function depthwiseWeightGradient(shape: Conv2dShape, accumulate: boolean): Recipe {
  const { channels, kernelHeight, kernelWidth, stride, padding, dilation } = shape;
  const rows = forwardAxis(heightAxis(shape));
  const columns = forwardAxis(widthAxis(shape));
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "dy", "dw"], (f, images, x, dy, dw) => {
      if (!accumulate) f.clear(dw, kernelHeight * kernelWidth * channels);
      const imageStrides = [
        [dy, rows.outputs * columns.outputs * channels],
        [x, rows.sources * columns.sources * channels],
      ] as const;
      f.walk(images, imageStrides, () => {
        for (const ky of range(kernelHeight)) {
          const met = range(rows.outputs).filter((oy) => rows.taps[oy].some(({ tap }) => tap === ky));
          const first = met[0];
          if (first === undefined) continue;
          const input = x.plus((first * stride - padding + ky * dilation) * columns.sources * channels);
          const gradient = dy.plus(first * columns.outputs * channels);
          f.call(filterRow(module, shape, columns), input, gradient, dw.plus(ky * kernelWidth * channels), met.length);
        }
      });
    });
  return { scratchElements: 0, generate };
}

/** One row of the filters over `rows` rows of an image: (x, dy, dw, rows). */
function filterRow(module: KernelModule, shape: Conv2dShape, columns: Axis) {
  const { channels, kernelWidth, stride } = shape;
  const taps = range(kernelWidth);
  const segments = pixelSegments(
    columns,
    channels,
    taps.map((kx) => ({ kx, channel: 0 })),
  );
  return module.builder.shared(`depthwiseFilterRow ${JSON.stringify(shape)}`, () =>
    module.builder.function(["pointer", "pointer", "pointer", "i32"], (f, x, dy, dw, rows) => {
      const [xRow, dyRow, pixel, gradient] = [f.pointer(), f.pointer(), f.pointer(), f.pointer()];
      const group = (lanes: readonly LaneCount[]) => {
        const sums = taps.map((kx) => lanes.map((count, v) => f.f32x4(dw.lanes(count, kx * channels + 4 * v))));
        xRow.set(x);
        dyRow.set(dy);
        const rowStrides = [[dyRow, columns.outputs * channels] as const, [xRow, stride * columns.sources * channels] as const];
        f.walk(rows, rowStrides, () => {
          for (const { first, pixels, base, offsets } of segments) {
            pixel.set(xRow.plus(base));
            gradient.set(dyRow.plus(first * channels));
            const pixelStrides = [[gradient, channels] as const, [pixel, stride * channels] as const];
            f.walk(pixels, pixelStrides, () => {
              lanes.forEach((count, v) => {
                const arriving = f.f32x4(gradient.lanes(count, 4 * v));
                offsets.forEach((offset, kx) => {
                  if (offset !== undefined) sums[kx][v].fma(pixel.lanes(count, offset + 4 * v), arriving);
                });
              });
            });
          }
        });
        sums.forEach((row, kx) => {
          row.forEach((sum, v) => {
            dw.store(sum, kx * channels + 4 * v, lanes[v]);
          });
        });
      };
      forEachChannelGroup(f, channels, [x, dy, dw], group, VECTORS);
    }),
  );
}
