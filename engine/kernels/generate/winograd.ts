import type { LaneCount } from "../../wasm/pointer.ts";
import type { Conv2dShape } from "../kernels.ts";
import { type FilterMatrix, forwardFilter, transposedFilter } from "./filterMatrix.ts";
import { matrixProducts, packedStride } from "./matrixProducts.ts";
import { forEachPanel, type PanelShape } from "./panels.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";
import { TILE_COLUMNS } from "./registerTile.ts";
import { outputGroup } from "./winogradGroups.ts";
import { type Borders, factorsOf, matrixStride, outputTile, transform2d, type WinogradGeometry } from "./winogradTile.ts";
import { inputPass, outputsPass, tilesPerImage } from "./winogradTiles.ts";

/** What is convolved with what: the forward pass, or the input gradient, which is one with flipped and transposed filters. */
interface Direction {
  readonly geometry: WinogradGeometry;
  readonly channels: number;
  readonly outputs: number;
  /** Outputs whose transformed filters are in the cache together: all of them, or a part. */
  readonly group: number;
  readonly accumulate: boolean;
  readonly weights: FilterMatrix;
  /** The tap that stands in this row and column of the filter: the last one first in an input gradient. */
  tapAt(row: number, column: number): number;
}

/** A 3×3 convolution of stride 1 and padding 1 with 4/9 of the products, F(2×2), or a quarter of them, F(4×4). (images, x, w, y) */
export function winograd(shape: Conv2dShape, geometry: WinogradGeometry): Recipe {
  const { channels, outChannels } = shape;
  const weights = forwardFilter(channels, outChannels);
  const group = outputGroup(geometry.filtering.points, channels, outChannels);
  const tapAt = (row: number, column: number) => 3 * row + column;
  return winogradRecipe({ geometry, channels, outputs: outChannels, group, accumulate: false, weights, tapAt });
}

/** (images, dy, w, dx) */
export function winogradInputGradient(shape: Conv2dShape, geometry: WinogradGeometry, accumulate: boolean): Recipe {
  const { channels, outChannels } = shape;
  const weights = transposedFilter(channels, outChannels);
  const group = outputGroup(geometry.filtering.points, outChannels, channels);
  const tapAt = (row: number, column: number) => 8 - 3 * row - column;
  return winogradRecipe({ geometry, channels: outChannels, outputs: channels, group, accumulate, weights, tapAt });
}

/**
 *     x    ──Bᵀ·B──→  V: points² matrices  [tiles][channels]  ┐
 *                                                             ├─ points² products → M: [tiles][outputs] ──Aᵀ·A──→ y
 *     w    ──G·Gᵀ──→  U: points² matrices  [channels][outputs]┘
 *
 *     few weights:   U once;  for chunks of tiles { V;  M;  y }
 *     many weights:  for chunks of tiles { V;  for groups of outputs { U of the group;  M;  y } }
 *
 * U is four times as large as w. Where it would not stay in the cache it is made anew for every chunk, a group at a time, and never
 * leaves the cache. The products: for the points² matrices { for panels of 8 outputs { tiles of 4 or 6 rows } }.
 */
function winogradRecipe(direction: Direction): Recipe {
  const { geometry, channels, outputs, group } = direction;
  const { points } = geometry.filtering;
  const [filterElements, inputElements] = [points ** 2 * packedStride(channels, group), points ** 2 * matrixStride(geometry, channels)];
  const scratchElements = filterElements + inputElements + points ** 2 * matrixStride(geometry, group);
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "w", "y"], (f, images, x, w, y) => {
      const filter = f.pointer(module.scratch);
      const input = f.pointer(filter.plus(filterElements));
      const product = f.pointer(input.plus(inputElements));
      const filterPass = filterTransform(module, direction);
      const outputPass = outputTransform(module, direction);
      const [first, weights, output] = [f.i32(0), f.pointer(), f.pointer()];
      if (group === outputs) f.call(filterPass, w, filter);
      f.chunks(images.mul(tilesPerImage(geometry)), geometry.chunk, (count) => {
        f.call(inputPass(module, geometry, channels), x, input, first, count);
        weights.set(w);
        output.set(y);
        const strides = [[output, group] as const, [weights, (group / TILE_COLUMNS) * direction.weights.panelStep] as const];
        f.walk(outputs / group, strides, () => {
          if (group < outputs) f.call(filterPass, weights, filter);
          f.call(productPass(module, direction), input, filter, product, count);
          f.call(outputPass, output, product, first, count);
        });
        first.increase(count);
      });
    });
  return { scratchElements, generate };
}

/** Aᵀ M A of a chunk, for the outputs of one group: (y, M, first tile, tiles). */
function outputTransform(module: KernelModule, { geometry, outputs, group, accumulate }: Direction) {
  const range = { channels: group, mapChannels: outputs };
  const tile = (borders: Borders) => outputTile(module, geometry, range, accumulate, borders);
  return outputsPass(module, `winogradOutputPass ${accumulate}`, geometry, range, tile);
}

/** U = G w Gᵀ of the outputs of one group, packed in panels: matrix by matrix, panel by panel. (w, U) */
function filterTransform(module: KernelModule, direction: Direction) {
  const { geometry, channels, outputs, group, weights } = direction;
  const key = JSON.stringify([geometry.filtering.points, weights.key, channels, outputs, group]);
  return module.builder.shared(`winogradFilters ${key}`, () =>
    module.builder.function(["pointer", "pointer"], (f, w, filter) => {
      const strides = [
        { pointer: w, panel: weights.panelStep, group: 0 },
        { pointer: filter, panel: TILE_COLUMNS * channels, group: 0 },
      ];
      forEachPanel(f, panelsOf(direction), strides, (lanes) => f.call(filterPanel(module, direction, lanes), w, filter));
    }),
  );
}

function filterPanel(module: KernelModule, direction: Direction, lanes: readonly LaneCount[]) {
  const { geometry, channels, outputs, group, weights, tapAt } = direction;
  const matrix = packedStride(channels, group);
  const { filter, points } = geometry.filtering;
  const key = JSON.stringify([points, weights.key, channels, outputs, group, lanes]);
  return module.builder.shared(`winogradFilter ${key}`, () =>
    module.builder.function(["pointer", "pointer"], (f, w, panel) => {
      const factor = factorsOf(f, filter);
      f.walk(channels, [[w, weights.rowStep] as const, [panel, 4 * lanes.length] as const], () => {
        lanes.forEach((count, v) => {
          const load = (row: number, column: number) => weights.load(w, { tap: tapAt(row, column), row: 0, column: 4 * v }, count);
          transform2d(f, filter, 3, factor, load, (row, column, term) => {
            panel.store(f.f32x4(term ?? 0), (row * points + column) * matrix + 4 * v);
          });
        });
      });
    }),
  );
}

/** The points² products of a chunk: (V, U, M, tiles). */
function productPass(module: KernelModule, { geometry, channels, group }: Direction) {
  return matrixProducts(module, {
    count: geometry.filtering.points ** 2,
    depth: channels,
    outputs: group,
    inputStride: matrixStride(geometry, channels),
    outputStride: matrixStride(geometry, group),
  });
}

/** Of one group of outputs. */
function panelsOf({ channels, group }: Direction): PanelShape {
  return { groups: 1, depth: channels, outputs: group };
}
