import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { LaneCount, Pointer } from "../../wasm/pointer.ts";
import { range } from "./axis.ts";
import { split } from "./columnTiles.ts";
import { equalRuns } from "./equalRuns.ts";
import { lanesOf } from "./lanes.ts";
import { forEachPanel } from "./panels.ts";
import type { PointwiseShape } from "./pointwise.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";
import { outerProduct, storeSums, TILE_COLUMNS, tileSize, zeroSums } from "./registerTile.ts";

const CHUNK_ELEMENTS = 1 << 16; // 256 KiB of the two maps stay in the second-level cache while all tiles go over them
const FEWEST_PIXELS = 64; // a tile's inner loop should be long against loading and storing its sums
const FEWEST_USES = 8; // of a copy, so that making it costs little beside them

/**
 * dw[c, oc] (+)= Σ_p x[p, c] · dy[p, oc] over all pixels p of all images, in order. (images, x, dy, dw)
 *
 *     for chunks of pixels { copy x;  for panels of 8 oc { copy dy;  for tiles of 4 or 6 channels c { tile: for pixels { sums += x ⊗ dy } } } }
 *
 *     map [pixels][channels]           copies [tile][pixels][6 channels], [pixels][8 channels]
 *     p0 │c0 … c5│c6 … c11│ …     →    p0 │c0 … c5│  p1 │c0 … c5│ …      │c6 … c11│ …
 *     p1 │c0 … c5│c6 … c11│ …
 *
 * A tile reads a few channels of many pixels. In the map these are far apart, and where the channels are a power of two all of them
 * belong into the same few lines of the first-level cache; in the copies they are neighbours.
 */
export function pointwiseWeightGradient(shape: PointwiseShape, accumulate: boolean): Recipe {
  const { channels, outChannels } = shape;
  const chunk = Math.max(FEWEST_PIXELS, Math.floor(CHUNK_ELEMENTS / (channels + outChannels)));
  const copied = outChannels >= FEWEST_USES * TILE_COLUMNS && channels >= FEWEST_USES * TILE_COLUMNS;
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "dy", "dw"], (f, images, x, dy, dw) => {
      if (!accumulate) f.clear(dw, channels * outChannels);
      const [tiles, panel] = [f.pointer(module.scratch), f.pointer()];
      panel.set(tiles.plus(chunk * channels));
      f.chunks(images.mul(shape.pixels), chunk, (pixels) => {
        if (copied) copyTiles(f, module, channels, { x, tiles, chunk, pixels });
        const strides = [dy, dw].map((pointer) => ({ pointer, panel: TILE_COLUMNS, group: outChannels }));
        forEachPanel(f, { groups: 1, depth: channels, outputs: outChannels }, strides, (lanes) => {
          const width = 4 * lanes.length;
          if (copied) f.call(copyColumns(module, { lanes, from: outChannels, to: width }), dy, panel, pixels);
          const map = { x, xTile: undefined, dy, dyStride: outChannels };
          const factors = copied ? { x: tiles, xTile: chunk, dy: panel, dyStride: width } : map;
          forEachChannelTile(f, module, shape, lanes, { ...factors, dw, pixels });
        });
        x.advance(pixels.mul(channels));
        dy.advance(pixels.mul(outChannels));
      });
    });
  return { scratchElements: copied ? chunk * (channels + TILE_COLUMNS) : 0, generate };
}

/** What the tiles of a panel multiply, and where the sums go. */
interface TileFactors {
  readonly x: Pointer;
  /** Pixels that a tile has room for where x lies tile by tile; undefined where it is a map. */
  readonly xTile: number | undefined;
  readonly dy: Pointer;
  readonly dyStride: number;
  readonly dw: Pointer;
  readonly pixels: I32;
}

/** dw[c, panel] += Σ x[p, c] · dy[p, panel] for all channels c, a few of them at a time. */
export function forEachChannelTile(
  f: FunctionBuilder,
  module: KernelModule,
  shape: ChannelShape,
  lanes: readonly LaneCount[],
  factors: TileFactors,
): void {
  const { channels, outChannels } = shape;
  const { xTile, dyStride, pixels } = factors;
  const [x, dw] = [f.pointer(), f.pointer()];
  for (const { first, count, step } of channelTiles(module, channels, xTile ?? 1, outChannels)) {
    x.set(factors.x.plus(first.input));
    dw.set(factors.dw.plus(first.output));
    const strides = [[dw, step.output] as const, [x, step.input] as const];
    const tile = { rows: first.rows, xStride: xTile === undefined ? channels : first.rows, dyStride, dwStride: outChannels };
    f.walk(count, strides, () => f.call(channelTile(module, tile, lanes), x, factors.dy, dw, pixels));
  }
}

type ChannelShape = Pick<PointwiseShape, "channels" | "outChannels">;

/** All channels in tiles; their places with so many elements from channel to channel. */
function channelTiles(module: KernelModule, channels: number, input: number, output: number) {
  const tiles = split(range(channels), tileSize(module.builder.fused).rows).map((rows) => {
    return { input: rows[0] * input, output: rows[0] * output, key: `${rows.length}`, rows: rows.length };
  });
  return equalRuns(tiles);
}

interface ChannelTile {
  readonly rows: number;
  /** From pixel to pixel, and from row to row of dw. */
  readonly xStride: number;
  readonly dyStride: number;
  readonly dwStride: number;
}

function channelTile(module: KernelModule, { rows, xStride, dyStride, dwStride }: ChannelTile, lanes: readonly LaneCount[]) {
  return module.builder.shared(`channelTile ${rows} ${xStride} ${dyStride} ${dwStride} ${lanes}`, () =>
    module.builder.function(["pointer", "pointer", "pointer", "i32"], (f, x, dy, dw, pixels) => {
      const sums = zeroSums(f, rows, lanes.length); // what is in dw is added at the end: a long sum in blocks
      f.walk(pixels, [[x, xStride] as const, [dy, dyStride] as const], () =>
        outerProduct(
          f,
          sums,
          x,
          range(rows),
          lanes.map((count, v) => dy.lanes(count, 4 * v)),
        ),
      );
      storeSums(dw, sums, dwStride, lanes, true);
    }),
  );
}

/** A chunk of x, tile by tile. */
function copyTiles(
  f: FunctionBuilder,
  module: KernelModule,
  channels: number,
  buffers: { readonly x: Pointer; readonly tiles: Pointer; readonly chunk: number; readonly pixels: I32 },
): void {
  const [from, to] = [f.pointer(), f.pointer()];
  for (const { first, count, step } of channelTiles(module, channels, 1, buffers.chunk)) {
    from.set(buffers.x.plus(first.input));
    to.set(buffers.tiles.plus(first.output));
    const columns = { lanes: lanesOf(first.rows), from: channels, to: first.rows };
    const strides = [[to, step.output] as const, [from, step.input] as const];
    f.walk(count, strides, () => f.call(copyColumns(module, columns), from, to, buffers.pixels));
  }
}

/** A few columns of a matrix whose rows are `from` elements long into one with rows of `to`: (from, to, rows). */
function copyColumns(module: KernelModule, columns: { readonly lanes: readonly LaneCount[]; readonly from: number; readonly to: number }) {
  const { lanes, from, to } = columns;
  return module.builder.shared(`copyColumns ${JSON.stringify(columns)}`, () =>
    module.builder.function(["pointer", "pointer", "i32"], (f, source, target, rows) => {
      f.walk(rows, [[source, from] as const, [target, to] as const], () => {
        lanes.forEach((count, v) => {
          target.store(source.lanes(count, 4 * v), 4 * v, count);
        });
      });
    }),
  );
}
