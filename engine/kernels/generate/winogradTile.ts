import { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import { range } from "./axis.ts";
import { forEachVector } from "./lanes.ts";
import { apart } from "./matrices.ts";
import type { KernelModule } from "./recipe.ts";
import type { MinimalFiltering, Term, Transform } from "./winogradTransforms.ts";

/** How a Winograd convolution lies in memory. The scratch buffers hold one matrix [tiles][channels] for each of the points² products. */
export interface WinogradGeometry {
  readonly filtering: MinimalFiltering;
  readonly height: number;
  readonly width: number;
  /** Tiles that are transformed, multiplied and transformed back together. */
  readonly chunk: number;
}

/** Tiles along an axis; the last one may reach over the edge of the map. */
export function tilesAlong(size: number, { outputs }: MinimalFiltering): number {
  return Math.ceil(size / outputs);
}

/** Outputs of the last tile that lie outside the map. */
export function overhang(size: number, filtering: MinimalFiltering): number {
  return tilesAlong(size, filtering) * filtering.outputs - size;
}

/** Elements from the matrix of a product to that of the next. */
export function matrixStride(geometry: WinogradGeometry, channels: number): number {
  return apart(geometry.chunk * channels);
}

/** Which sides of the map a tile lies at. */
export interface Borders {
  readonly top: boolean;
  readonly bottom: boolean;
  readonly left: boolean;
  readonly right: boolean;
}

export const INNER: Borders = { top: false, bottom: false, left: false, right: false };

/** Bᵀ d B of the patch around one tile, all channels: (first pixel of the tile in x, its row in the first matrix). */
export function inputTile(module: KernelModule, geometry: WinogradGeometry, channels: number, borders: Borders) {
  const { input, points } = geometry.filtering;
  const { width } = geometry;
  const below = outsideBelow(geometry, borders);
  const outside = (row: number, column: number) =>
    (borders.top && row === 0) || (borders.left && column === 0) || below(row - 1, column - 1);
  // The patch begins a pixel above and left of the tile, unless that is outside.
  const origin = (borders.top ? 0 : -width) - (borders.left ? 0 : 1);
  return tileFunction(module, `input ${JSON.stringify([channels, borders])}`, geometry, (f, pixel, matrices) => {
    const x = f.pointer(pixel.plus(origin * channels));
    const factor = factorsOf(f, input);
    const stride = matrixStride(geometry, channels);
    forEachVector(f, channels, [x, matrices], (lanes) => {
      const load = (row: number, column: number) =>
        outside(row, column) ? undefined : x.lanes(lanes, ((row - 1) * width + column - 1 - origin) * channels);
      transform2d(f, input, points, factor, load, (row, column, term) => {
        matrices.store(f.f32x4(term ?? 0), (row * points + column) * stride, lanes);
      });
    });
  });
}

/** Some channels of a map: `channels` of its `mapChannels`, from wherever the pointer says. */
export interface ChannelRange {
  readonly channels: number;
  readonly mapChannels: number;
}

/** G dy Gᵀ of one tile, for the weight gradient: (first pixel of the tile in dy, its row in the first matrix). */
export function gradientTile(module: KernelModule, geometry: WinogradGeometry, { channels, mapChannels }: ChannelRange, borders: Borders) {
  const { gradient, points, outputs } = geometry.filtering;
  const outside = outsideBelow(geometry, borders);
  const key = `gradient ${JSON.stringify([channels, mapChannels, borders])}`;
  return tileFunction(module, key, geometry, (f, pixel, matrices) => {
    const factor = factorsOf(f, gradient);
    const stride = matrixStride(geometry, channels);
    forEachVector(f, channels, [pixel, matrices], (lanes) => {
      const load = (row: number, column: number) =>
        outside(row, column) ? undefined : pixel.lanes(lanes, (row * geometry.width + column) * mapChannels);
      transform2d(f, gradient, outputs, factor, load, (row, column, term) => {
        matrices.store(f.f32x4(term ?? 0), (row * points + column) * stride, lanes);
      });
    });
  });
}

/** Aᵀ M A of one tile, stored or added: (first pixel of the tile in y, its row in the first matrix). */
export function outputTile(module: KernelModule, geometry: WinogradGeometry, range: ChannelRange, accumulate: boolean, borders: Borders) {
  const { channels, mapChannels } = range;
  const { output, points } = geometry.filtering;
  const outside = outsideBelow(geometry, borders);
  const key = `output ${JSON.stringify([channels, mapChannels, accumulate, borders])}`;
  return tileFunction(module, key, geometry, (f, pixel, matrices) => {
    const factor = factorsOf(f, output);
    const stride = matrixStride(geometry, channels);
    forEachVector(f, channels, [pixel, matrices], (lanes) => {
      const load = (row: number, column: number) => matrices.lanes(lanes, (row * points + column) * stride);
      transform2d(f, output, points, factor, load, (row, column, term) => {
        if (outside(row, column)) return;
        const offset = (row * geometry.width + column) * mapChannels;
        const value = term ?? F32x4.of(0);
        pixel.store(accumulate ? f.f32x4(pixel.lanes(lanes, offset).add(value)) : value, offset, lanes);
      });
    });
  });
}

/** Whether an output of a tile, counted from its first, lies below the map or to the right of it. */
function outsideBelow({ filtering, height, width }: WinogradGeometry, { bottom, right }: Borders) {
  const rows = bottom ? filtering.outputs - overhang(height, filtering) : Number.POSITIVE_INFINITY;
  const columns = right ? filtering.outputs - overhang(width, filtering) : Number.POSITIVE_INFINITY;
  return (row: number, column: number) => row >= rows || column >= columns;
}

/** Applies a transform to the columns of a square of terms, then to the rows of what comes out. */
export function transform2d(
  f: FunctionBuilder,
  transform: Transform,
  size: number,
  factor: (value: number) => F32x4,
  load: (row: number, column: number) => Term,
  store: (row: number, column: number, term: Term) => void,
): void {
  const local = (term: Term) => (term === undefined ? undefined : f.f32x4(term));
  const columns = range(size).map((column) => {
    const values = range(size).map((row) => local(load(row, column)));
    return transform.apply(f, values, factor).map(local);
  });
  const rows = Math.max(...columns.map((column) => column.length));
  for (const row of range(rows)) {
    const values = columns.map((column) => column[row]);
    transform.apply(f, values, factor).forEach((term, column) => {
      store(row, column, term);
    });
  }
}

/** The factors of a transform in locals of the function, set here. */
export function factorsOf(f: FunctionBuilder, transform: Transform): (value: number) => F32x4 {
  const locals = new Map(transform.factors.map((value) => [value, f.f32x4(value)]));
  return (value) => {
    const local = locals.get(value);
    if (local === undefined) throw new Error(`the factor ${value} is not among those that the transform declares: ${transform.factors}`);
    return local;
  };
}

function tileFunction(
  module: KernelModule,
  key: string,
  geometry: WinogradGeometry,
  body: (f: FunctionBuilder, pixel: PointerLocal, matrices: PointerLocal) => void,
) {
  const { filtering, height, width, chunk } = geometry;
  const numbers = [filtering.points, chunk, width, overhang(height, filtering)];
  return module.builder.shared(`winograd ${numbers} ${key}`, () => module.builder.function(["pointer", "pointer"], body));
}
