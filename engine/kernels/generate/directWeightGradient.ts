import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { I32Local, PointerLocal } from "../../wasm/locals.ts";
import type { LaneCount } from "../../wasm/pointer.ts";
import type { Conv2dShape } from "../kernels.ts";
import { type Axis, forwardAxis, range } from "./axis.ts";
import { split } from "./columnTiles.ts";
import { type EqualRun, equalRuns } from "./equalRuns.ts";
import { heightAxis, widthAxis } from "./mapTiles.ts";
import { forEachPanel } from "./panels.ts";
import { type PixelSegment, pixelSegments } from "./pixelSegments.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";
import { outerProduct, storeSums, TILE_COLUMNS, tileSize, zeroSums } from "./registerTile.ts";

interface Geometry {
  readonly shape: Conv2dShape;
  readonly rows: Axis;
  readonly columns: Axis;
  /** Input channels of a group. */
  readonly depth: number;
  /** Images whose products a tile sums before it goes back to memory: several where the map is small. */
  readonly imagesTogether: number;
  /** Output rows that are taken through all tiles before the next ones, so that they are still in the first-level cache. */
  readonly band: number;
  readonly tiles: readonly EqualRun<FilterTile>[];
}

/** A few neighbouring rows (kx, c) of the filter, for a tile of sums. */
interface FilterTile {
  readonly key: string;
  /** The first row's channel in the input. */
  readonly input: number;
  /** The first row in the filter row's kernelWidth · depth. */
  readonly output: number;
  readonly rows: number;
  readonly segments: readonly PixelSegment[];
}

const FEWEST_STEPS = 64; // a tile's inner loop should be long against loading and storing its sums
const BAND_ELEMENTS = 8192; // 32 KiB of the two maps

/**
 * dw[ky, kx, c, oc] (+)= Σ over images and output pixels of x[pixel + (ky, kx), c] · dy[pixel, oc]. (images, x, dy, dw)
 *
 *     for images { for bands of rows { for ky { for panels of 8 oc { for tiles of rows (kx, c) { tile } } } } }
 *
 * The order of the additions into one weight is: images, rows, columns. Neither bands nor tiles change it.
 */
export function directWeightGradient(shape: Conv2dShape, accumulate: boolean): Recipe {
  const { channels, outChannels, kernelHeight, kernelWidth, groups } = shape;
  const generate = (module: KernelModule) => {
    const geometry = geometryOf(shape, tileSize(module.builder.fused).rows);
    const { rows, columns, imagesTogether } = geometry;
    return kernelFunction(module, ["x", "dy", "dw"], (f, images, x, dy, dw) => {
      if (!accumulate) f.clear(dw, kernelHeight * kernelWidth * (channels / groups) * outChannels);
      f.chunks(images, imagesTogether, (count) => {
        sumBands(f, module, geometry, { count, x, dy, dw });
        x.advance(count.mul(rows.sources * columns.sources * channels));
        dy.advance(count.mul(rows.outputs * columns.outputs * outChannels));
      });
    });
  };
  return { scratchElements: 0, generate };
}

interface Buffers {
  readonly count: I32Local;
  readonly x: PointerLocal;
  readonly dy: PointerLocal;
  readonly dw: PointerLocal;
}

function sumBands(f: FunctionBuilder, module: KernelModule, geometry: Geometry, buffers: Buffers): void {
  const { shape, rows, columns, depth, band } = geometry;
  const { channels, outChannels, kernelHeight, kernelWidth, stride, padding, dilation } = shape;
  const [xRow, dyRow, filterRow] = [f.pointer(), f.pointer(), f.pointer()];
  for (const bandRows of chunksOf(rows.outputs, band)) {
    for (const ky of range(kernelHeight)) {
      const met = bandRows.filter((oy) => rows.taps[oy].some(({ tap }) => tap === ky));
      const first = met[0];
      if (first === undefined) continue;
      xRow.set(buffers.x.plus((first * stride - padding + ky * dilation) * columns.sources * channels));
      dyRow.set(buffers.dy.plus(first * columns.outputs * outChannels));
      filterRow.set(buffers.dw.plus(ky * kernelWidth * depth * outChannels));
      const place = { count: buffers.count, x: xRow, dy: dyRow, dw: filterRow };
      forEachPanel(f, { groups: shape.groups, depth, outputs: outChannels / shape.groups }, panelStrides(geometry, place), (lanes) =>
        filterTiles(f, module, geometry, place, met.length, lanes),
      );
    }
  }
}

function filterTiles(
  f: FunctionBuilder,
  module: KernelModule,
  geometry: Geometry,
  place: Buffers,
  rows: number,
  lanes: readonly LaneCount[],
): void {
  const { outChannels } = geometry.shape;
  const [x, dw] = [f.pointer(), f.pointer()];
  for (const { first: tile, count, step } of geometry.tiles) {
    x.set(place.x.plus(tile.input));
    dw.set(place.dw.plus(tile.output * outChannels));
    const strides = [[dw, step.output * outChannels] as const, [x, step.input] as const];
    f.walk(count, strides, () => f.call(filterTile(module, geometry, tile, lanes), x, place.dy, dw, rows, place.count));
  }
}

/**
 *     dy pixel:                   w w w w   w w w w        8 output channels
 *     x of row (kx, c)            ┌─────┐   ┌─────┐
 *     x of row (kx, c + 1)        │ sum │   │ sum │        every sum begins with 0 and is added to dw
 *     …                           └─────┘   └─────┘
 *
 * for images { for rows { for each segment of pixels { for pixels { sums[row] += x[pixel + kx, c] · dy[pixel] } } } }
 */
function filterTile(module: KernelModule, geometry: Geometry, tile: FilterTile, lanes: readonly LaneCount[]) {
  const { shape, rows: rowAxis, columns, imagesTogether } = geometry;
  const { channels, outChannels, stride } = shape;
  const [xRow, dyRow] = [columns.sources * channels, columns.outputs * outChannels];
  return module.builder.shared(`filterTile ${JSON.stringify([shape, tile.key, lanes])}`, () =>
    module.builder.function(["pointer", "pointer", "pointer", "i32", "i32"], (f, xImage, dyImage, dw, rows, images) => {
      const sums = zeroSums(f, tile.rows, lanes.length);
      const [x, dy, pixel, gradient] = [f.pointer(), f.pointer(), f.pointer(), f.pointer()];
      const imageStrides = [[dyImage, rowAxis.outputs * dyRow] as const, [xImage, rowAxis.sources * xRow] as const];
      f.walk(imagesTogether === 1 ? 1 : images, imageStrides, () => {
        x.set(xImage);
        dy.set(dyImage);
        const rowStrides = [[dy, dyRow] as const, [x, stride * xRow] as const];
        f.walk(rows, rowStrides, () => {
          for (const { first, pixels, base, offsets } of tile.segments) {
            pixel.set(x.plus(base));
            gradient.set(dy.plus(first * outChannels));
            const pixelStrides = [[gradient, outChannels] as const, [pixel, stride * channels] as const];
            f.walk(pixels, pixelStrides, () => outerProduct(f, sums, pixel, offsets, columnsOf(gradient, lanes)));
          }
        });
      });
      storeSums(dw, sums, outChannels, lanes, true);
    }),
  );
}

function columnsOf(gradient: PointerLocal, lanes: readonly LaneCount[]) {
  return lanes.map((count, v) => gradient.lanes(count, 4 * v));
}

/** The rows (kx, c) of a filter row cut into tiles. */
function tilesOf(shape: Conv2dShape, columns: Axis, depth: number, height: number): readonly FilterTile[] {
  const known = new Map<string, readonly PixelSegment[]>(); // most tiles differ only in their place
  return split(range(shape.kernelWidth * depth), height).map((rows) => {
    const first = rows[0] % depth;
    const taps = rows.map((row) => ({ kx: Math.floor(row / depth), channel: (row % depth) - first }));
    const key = JSON.stringify(taps);
    const segments = known.get(key) ?? pixelSegments(columns, shape.channels, taps);
    known.set(key, segments);
    return { key, input: first, output: rows[0], rows: rows.length, segments };
  });
}

function panelStrides(geometry: Geometry, place: Buffers) {
  const groupOutChannels = geometry.shape.outChannels / geometry.shape.groups;
  return [
    { pointer: place.x, panel: 0, group: geometry.depth },
    { pointer: place.dy, panel: TILE_COLUMNS, group: groupOutChannels },
    { pointer: place.dw, panel: TILE_COLUMNS, group: groupOutChannels },
  ];
}

function geometryOf(shape: Conv2dShape, tileRows: number): Geometry {
  const rows = forwardAxis(heightAxis(shape));
  const columns = forwardAxis(widthAxis(shape));
  const depth = shape.channels / shape.groups;
  const tiles = equalRuns(tilesOf(shape, columns, depth, tileRows));
  const rowElements = shape.stride * columns.sources * shape.channels + columns.outputs * shape.outChannels;
  const cachedRows = Math.max(Math.floor(BAND_ELEMENTS / rowElements), Math.ceil(FEWEST_STEPS / columns.outputs));
  const imagesTogether = Math.ceil(FEWEST_STEPS / (rows.outputs * columns.outputs));
  const band = imagesTogether > 1 ? rows.outputs : cachedRows;
  return { shape, rows, columns, depth, imagesTogether, band, tiles };
}

/** 0 … count − 1 in lists of `size`. */
function chunksOf(count: number, size: number): readonly (readonly number[])[] {
  return range(Math.ceil(count / size)).map((i) => range(Math.min(size, count - i * size)).map((j) => i * size + j));
}
