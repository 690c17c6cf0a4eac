import { I32x4 } from "../../wasm/i32x4.ts";
import type { Pool2dShape } from "../kernels.ts";
import { outputSize } from "../outputSize.ts";
import { range } from "./axis.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { forEachWindow, type Window } from "./pooling.ts";
import { type KernelModule, kernelFunction, type Recipe, recipe } from "./recipe.ts";

/** y = the largest of each window, argmax = its element in the image's map; the first of equals wins, and NaN wins. (images, x, y, argmax) */
export function maxPool2d(shape: Pool2dShape): Recipe {
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "y", "argmax"], (f, images, x, y, argmax) => {
      forEachWindow(f, shape, images, x, [y, argmax], (window, element) =>
        f.call(largestOfWindow(module, shape, window), x.plus(element), element, y, argmax),
      );
    });
  return { scratchElements: 0, generate };
}

/** All channels of one window, up to 16 at a time: (first pixel, its element, y, argmax). */
function largestOfWindow(module: KernelModule, { width, channels }: Pool2dShape, window: Window) {
  return module.builder.shared(`largestOfWindow ${width} ${channels} ${window.rows} ${window.columns}`, () =>
    module.builder.function(["pointer", "i32", "pointer", "pointer"], (f, x, element, y, argmax) => {
      const elements = f.i32x4(I32x4.of(element).add(I32x4.constant([0, 1, 2, 3])));
      const [row, at, value, larger] = [f.pointer(), f.i32x4(), f.f32x4(), f.i32x4()];
      forEachChannelGroup(f, channels, [x, y, argmax], (lanes) => {
        const largest = lanes.map(() => f.f32x4(Number.NEGATIVE_INFINITY));
        const places = lanes.map((_, v) => f.i32x4(elements.add(4 * v)));
        row.set(x);
        at.set(elements);
        f.walk(window.rows, [[row, width * channels]], () => {
          for (const column of range(window.columns)) {
            lanes.forEach((count, v) => {
              value.set(row.lanes(count, column * channels + 4 * v));
              larger.set(value.greater(largest[v]).or(value.isNaN()));
              largest[v].set(value.whereElse(larger, largest[v]));
              places[v].set(at.add(4 * v).whereElse(larger, places[v]));
            });
            at.set(at.add(column + 1 < window.columns ? channels : (width - window.columns + 1) * channels));
          }
        });
        lanes.forEach((count, v) => {
          y.store(largest[v], 4 * v, count);
          argmax.store(places[v], 4 * v, count);
        });
        elements.set(elements.add(4 * lanes.length));
      });
    }),
  );
}

/** dx[argmax] += dy, after zeroing dx unless it accumulates. (images, dy, argmax, dx) */
export function maxPool2dBackward(shape: Pool2dShape, accumulate: boolean): Recipe {
  const { height, width, channels, kernelHeight, kernelWidth, stride, padding } = shape;
  const inputElements = height * width * channels;
  const outputElements = outputSize(height, kernelHeight, stride, padding) * outputSize(width, kernelWidth, stride, padding) * channels;
  return recipe(["dy", "argmax", "dx"], (f, images, dy, argmax, dx) => {
    if (!accumulate) f.clear(dx, images.mul(inputElements));
    const target = f.pointer();
    f.walk(images, [[dx, inputElements]], () => {
      const strides = [[dy, 1] as const, [argmax, 1] as const];
      f.walk(outputElements, strides, () => {
        target.set(dx.plus(argmax.i32()));
        target.store(target.f32().add(dy.f32()));
      });
    });
  });
}
