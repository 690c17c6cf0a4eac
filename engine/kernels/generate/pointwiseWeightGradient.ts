import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { LaneCount, Pointer } from "../../wasm/pointer.ts";
import { range } from "./axis.ts";
import { split } from "./columnTiles.ts";
import { equalRuns } from "./equalRuns.ts";
import { forEachPanel } from "./panels.ts";
import type { PointwiseShape } from "./pointwise.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";
import { outerProduct, storeSums, TILE_COLUMNS, tileSize, zeroSums } from "./registerTile.ts";

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
      f.chunks(images.mul(shape.pixels), chunk, (pixels) => {
        const strides = [dy, dw].map((pointer) => ({ pointer, panel: TILE_COLUMNS, group: outChannels }));
        forEachPanel(f, { groups: 1, depth: channels, outputs: outChannels }, strides, (lanes) =>
          forEachChannelTile(f, module, shape, lanes, { x, dy, dw, pixels }),
        );
        x.advance(pixels.mul(channels));
        dy.advance(pixels.mul(outChannels));
      });
    });
  return { scratchElements: 0, generate };
}

/** dw[c, panel] += Σ x[p, c] · dy[p, panel] for all channels c, a few of them at a time. */
export function forEachChannelTile(
  f: FunctionBuilder,
  module: KernelModule,
  shape: ChannelShape,
  lanes: readonly LaneCount[],
  buffers: { readonly x: Pointer; readonly dy: Pointer; readonly dw: Pointer; readonly pixels: I32 },
): void {
  const { channels, outChannels } = shape;
  const tiles = split(range(channels), tileSize(module.builder.fused).rows).map((rows) => {
    const channel = rows[0];
    return { input: channel, output: channel * outChannels, key: `${rows.length}`, rows: rows.length };
  });
  const [x, dw] = [f.pointer(), f.pointer()];
  for (const { first, count, step } of equalRuns(tiles)) {
    x.set(buffers.x.plus(first.input));
    dw.set(buffers.dw.plus(first.output));
    const strides = [[dw, step.output] as const, [x, step.input] as const];
    f.walk(count, strides, () => f.call(channelTile(module, shape, first.rows, lanes), x, buffers.dy, dw, buffers.pixels));
  }
}

type ChannelShape = Pick<PointwiseShape, "channels" | "outChannels">;

function channelTile(module: KernelModule, shape: ChannelShape, rows: number, lanes: readonly LaneCount[]) {
  const { channels, outChannels } = shape;
  return module.builder.shared(`channelTile ${channels} ${outChannels} ${rows} ${lanes}`, () =>
    module.builder.function(["pointer", "pointer", "pointer", "i32"], (f, x, dy, dw, pixels) => {
      const sums = zeroSums(f, rows, lanes.length); // what is in dw is added at the end: a long sum in blocks
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
      storeSums(dw, sums, outChannels, lanes, true);
    }),
  );
}
