import type { LaneCount } from "../../wasm/pointer.ts";
import { range } from "./axis.ts";
import { split } from "./columnTiles.ts";
import { equalRuns } from "./equalRuns.ts";
import { forEachPanel } from "./panels.ts";
import type { PointwiseShape } from "./pointwise.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";
import { loadSums, outerProduct, storeSums, TILE_COLUMNS, tileSize } from "./registerTile.ts";

const CHUNK_ELEMENTS = 1 << 16; // 256 KiB of the two maps stay in the second-level cache while all tiles go over them
const FEWEST_PIXELS = 64; // a tile's inner loop should be long against loading and storing its sums

/**
 * dw[c, oc] (+)= Σ_p x[p, c] · dy[p, oc] over all pixels p of all images, in order. (images, x, dy, dw)
 *
 *     for chunks of pixels { for panels of 8 oc { for tiles of 4 or 6 channels c { tile: for pixels { sums += x ⊗ dy } } } }
 */
export function pointwiseWeightGradient(shape: PointwiseShape, accumulate: boolean): Recipe {
  const { channels, outChannels } = shape;
  const chunk = Math.max(FEWEST_PIXELS, Math.floor(CHUNK_ELEMENTS / (channels + outChannels)));
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "dy", "dw"], (f, images, x, dy, dw) => {
      if (!accumulate) f.clear(dw, channels * outChannels);
      const tiles = split(range(channels), tileSize(module.builder.fused).rows).map((rows) => {
        const channel = rows[0] ?? 0;
        return { input: channel, output: channel * outChannels, key: `${rows.length}`, rows: rows.length };
      });
      const [channel, weight] = [f.pointer(), f.pointer()];
      f.chunks(images.mul(shape.pixels), chunk, (pixels) => {
        const strides = [dy, dw].map((pointer) => ({ pointer, panel: TILE_COLUMNS, group: outChannels }));
        forEachPanel(f, { groups: 1, depth: channels, outputs: outChannels }, strides, (lanes) => {
          for (const { first, count, step } of equalRuns(tiles)) {
            channel.set(x.plus(first.input));
            weight.set(dw.plus(first.output));
            const tileStrides = [[weight, step.output] as const, [channel, step.input] as const];
            f.walk(count, tileStrides, () => f.call(channelTile(module, shape, first.rows, lanes), channel, dy, weight, pixels));
          }
        });
        x.advance(pixels.mul(channels));
        dy.advance(pixels.mul(outChannels));
      });
    });
  return { scratchElements: 0, generate };
}

function channelTile(module: KernelModule, shape: PointwiseShape, rows: number, lanes: readonly LaneCount[]) {
  const { channels, outChannels } = shape;
  return module.builder.shared(`channelTile ${channels} ${outChannels} ${rows} ${lanes}`, () =>
    module.builder.function(["pointer", "pointer", "pointer", "i32"], (f, x, dy, dw, pixels) => {
      const sums = loadSums(f, dw, outChannels, rows, lanes);
      const strides = [[x, channels] as const, [dy, outChannels] as const];
      f.walk(pixels, strides, () =>
        outerProduct(
          f,
          sums,
          x,
          range(rows),
          lanes.map((count, v) => dy.lanes(count, 4 * v)),
        ),
      );
      storeSums(dw, sums, outChannels, lanes, false);
    }),
  );
}
