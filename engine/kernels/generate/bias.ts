import { forEachTotal, sumOverPixels, sumScratch, toSingle } from "./channelSums.ts";
import { forEachPixelGroup } from "./pixelBlocks.ts";
import { type KernelModule, kernelFunction, type Recipe, recipe } from "./recipe.ts";

/** y[p, c] += b[c] for every pixel p. (pixels, b, y) */
export function addBias(channels: number): Recipe {
  return recipe(["b", "y"], (f, pixels, b, y) =>
    forEachPixelGroup(f, pixels, channels, { maps: [y], rows: [b] }, (lanes, [pixel], eachPixel) => {
      const bias = lanes.map((count, v) => f.f32x4(b.lanes(count, 4 * v)));
      eachPixel(() => {
        bias.forEach((value, v) => {
          pixel.store(pixel.lanes(lanes[v], 4 * v).add(value), 4 * v, lanes[v]);
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
      forEachTotal(f, sums, [db], (lanes, totals) => {
        totals.forEach(([total], v) => {
          const sum = toSingle(total);
          db.store(f.f32x4(accumulate ? db.lanes(lanes[v], 4 * v).add(sum) : sum), 4 * v, lanes[v]);
        });
      });
    });
  return { scratchElements: sumScratch(channels, 1), generate };
}
