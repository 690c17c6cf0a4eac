import type { Pool2dShape } from "../kernels.ts";
import { range } from "./axis.ts";
import { flushedFactor } from "./flush.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { forEachWindow, type Window, windowSize } from "./pooling.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";

/** y = mean of each window; padding counts as zeros when `countPadding`. (images, x, y) */
export function meanPool2d(shape: Pool2dShape, countPadding: boolean): Recipe {
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "y"], (f, images, x, y) => {
      forEachWindow(f, shape, images, x, [y], (window, element) =>
        f.call(meanOfWindow(module, shape, window, windowSize(shape, window, countPadding)), x.plus(element), y),
      );
    });
  return { scratchElements: 0, generate };
}

/** dx (+)= dy / window size for every pixel of every window. (images, dy, dx) */
export function meanPool2dBackward(shape: Pool2dShape, countPadding: boolean, accumulate: boolean): Recipe {
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["dy", "dx"], (f, images, dy, dx) => {
      if (!accumulate) f.clear(dx, images.mul(shape.height * shape.width * shape.channels));
      forEachWindow(f, shape, images, dx, [dy], (window, element) =>
        f.call(spreadOverWindow(module, shape, window, windowSize(shape, window, countPadding)), dx.plus(element), dy),
      );
    });
  return { scratchElements: 0, generate };
}

function meanOfWindow(module: KernelModule, { width, channels }: Pool2dShape, window: Window, size: number) {
  return module.builder.shared(`meanOfWindow ${width} ${channels} ${window.rows} ${window.columns} ${size}`, () =>
    module.builder.function(["pointer", "pointer"], (f, x, y) => {
      const row = f.pointer();
      forEachChannelGroup(f, channels, [x, y], (lanes) => {
        const sums = lanes.map(() => f.f32x4(0));
        row.set(x);
        f.walk(window.rows, [[row, width * channels]], () => {
          for (const column of range(window.columns)) {
            lanes.forEach((count, v) => {
              sums[v].set(sums[v].add(row.lanes(count, column * channels + 4 * v)));
            });
          }
        });
        lanes.forEach((count, v) => {
          y.store(flushedFactor(f, sums[v].div(size)), 4 * v, count);
        });
      });
    }),
  );
}

function spreadOverWindow(module: KernelModule, { width, channels }: Pool2dShape, window: Window, size: number) {
  return module.builder.shared(`spreadOverWindow ${width} ${channels} ${window.rows} ${window.columns} ${size}`, () =>
    module.builder.function(["pointer", "pointer"], (f, dx, dy) => {
      const row = f.pointer();
      forEachChannelGroup(f, channels, [dx, dy], (lanes) => {
        const shares = lanes.map((count, v) => flushedFactor(f, dy.lanes(count, 4 * v).div(size)));
        row.set(dx);
        f.walk(window.rows, [[row, width * channels]], () => {
          for (const column of range(window.columns)) {
            lanes.forEach((count, v) => {
              const at = column * channels + 4 * v;
              row.store(f.f32x4(row.lanes(count, at).add(shares[v])), at, count);
            });
          }
        });
      });
    }),
  );
}
