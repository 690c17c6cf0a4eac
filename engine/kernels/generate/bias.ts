import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import { type ChannelSums, forEachTotal, sumOverPixels, sumScratch, toSingle } from "./channelSums.ts";
import { flushedFactor } from "./flush.ts";
import { forEachPixelGroup } from "./pixelBlocks.ts";
import { type KernelModule, kernelFunction, type Recipe, recipe } from "./recipe.ts";

/** y[p, c] += b[c] for every pixel p [then ReLU]. (pixels, b, y) */
export function addBias(channels: number, relu: boolean): Recipe {
  return recipe(["b", "y"], (f, pixels, b, y) =>
    forEachPixelGroup(f, pixels, channels, { maps: [y], rows: [b] }, (lanes, [pixel], eachPixel) => {
      const bias = lanes.map((count, v) => f.f32x4(b.lanes(count, 4 * v)));
      eachPixel(() => {
        bias.forEach((value, v) => {
          const sum = pixel.lanes(lanes[v], 4 * v).add(value);
          pixel.store(flushedFactor(f, relu ? sum.max(0) : sum), 4 * v, lanes[v]);
        });
      });
    }),
  );
}

/** db[c] (+)= Σ_p dy[p, c]. (pixels, dy, db) */
export function biasGradient(channels: number, accumulate: boolean): Recipe {
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["dy", "db"], (f, pixels, dy, db) => {
      const sums = { channels, kinds: 1, scratch: module.scratch };
      sumOverPixels(f, sums, pixels, { maps: [dy], rows: [] }, (lanes, [pixel]) => (group) => {
        group.forEach(([sum], v) => {
          sum.set(sum.add(pixel.lanes(lanes[v], 4 * v)));
        });
      });
      storeSums(f, sums, db, accumulate);
    });
  return { scratchElements: sumScratch(channels, 1), generate };
}

/** dy = dy where y > 0, in place, and db[c] (+)= Σ_p of that, in one pass. (pixels, y, dy, db) */
export function biasReluGradient(channels: number, accumulate: boolean): Recipe {
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["y", "dy", "db"], (f, pixels, y, dy, db) => {
      const sums = { channels, kinds: 1, scratch: module.scratch };
      const passed = f.f32x4();
      sumOverPixels(f, sums, pixels, { maps: [y, dy], rows: [] }, (lanes, [output, gradient]) => (group) => {
        group.forEach(([sum], v) => {
          const [at, count] = [4 * v, lanes[v]];
          passed.set(flushedFactor(f, gradient.lanes(count, at).where(output.lanes(count, at).greater(0))));
          gradient.store(passed, at, count);
          sum.set(sum.add(passed));
        });
      });
      storeSums(f, sums, db, accumulate);
    });
  return { scratchElements: sumScratch(channels, 1), generate };
}

/** db (+)= the sums. */
function storeSums(f: FunctionBuilder, sums: ChannelSums, db: PointerLocal, accumulate: boolean): void {
  forEachTotal(f, sums, [db], (lanes, totals) => {
    totals.forEach(([total], v) => {
      const sum = toSingle(total);
      db.store(f.f32x4(accumulate ? db.lanes(lanes[v], 4 * v).add(sum) : sum), 4 * v, lanes[v]);
    });
  });
}
