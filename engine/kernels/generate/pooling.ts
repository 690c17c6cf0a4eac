import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import type { Pool2dShape } from "../kernels.ts";
import { forwardAxis, runsOf } from "./axis.ts";

/** The part of a pooling window that lies within the map: smaller at the borders. */
export interface Window {
  readonly rows: number;
  readonly columns: number;
}

/**
 * Visits every output pixel of every image in order: the body is told its window, and the element of the image's map at which the window
 * begins. `map` is at the image, the `outputs` (buffers with one element for every output element) at the pixel.
 */
export function forEachWindow(
  f: FunctionBuilder,
  shape: Pool2dShape,
  images: I32,
  map: PointerLocal,
  outputs: readonly PointerLocal[],
  body: (window: Window, element: I32) => void,
): void {
  const { height, width, channels, stride } = shape;
  const { rows, columns } = poolingAxes(shape);
  const [row, element] = [f.i32(), f.i32()];
  const strides = outputs.map((pointer) => [pointer, channels] as const);
  f.walk(images, [[map, height * width * channels]], () => {
    for (const rowRun of runsOf(rows)) {
      row.set((rowRun.taps[0]?.source ?? 0) * width * channels);
      f.loop(rowRun.count, () => {
        for (const columnRun of runsOf(columns)) {
          element.set(row.add((columnRun.taps[0]?.source ?? 0) * channels));
          f.walk(columnRun.count, strides, () => {
            body({ rows: rowRun.taps.length, columns: columnRun.taps.length }, element);
            element.increase(stride * channels);
          });
        }
        row.increase(stride * width * channels);
      });
    }
  });
}

/** How many pixels a mean is divided by. */
export function windowSize(shape: Pool2dShape, window: Window, countPadding: boolean): number {
  return countPadding ? shape.kernelHeight * shape.kernelWidth : window.rows * window.columns;
}

function poolingAxes(shape: Pool2dShape) {
  const { height, width, kernelHeight, kernelWidth, stride, padding } = shape;
  if (padding >= Math.min(kernelHeight, kernelWidth)) {
    throw new RangeError(`the padding of a pooling window is expected to be smaller than the window, got ${JSON.stringify(shape)}`);
  }
  return {
    rows: forwardAxis({ size: height, kernel: kernelHeight, stride, padding, dilation: 1 }),
    columns: forwardAxis({ size: width, kernel: kernelWidth, stride, padding, dilation: 1 }),
  };
}
