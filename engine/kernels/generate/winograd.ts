import type { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import type { LaneCount } from "../../wasm/pointer.ts";
import type { Conv2dShape } from "../kernels.ts";
import { forEachPanel, type PanelShape } from "./panels.ts";
import { rowTile } from "./pointwise.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";
import { forEachRowTile, TILE_COLUMNS, tileSize } from "./registerTile.ts";
import { factorsOf, matrixStride, outputTile, transform2d, type WinogradGeometry } from "./winogradTile.ts";
import { inputPass, tilesPerImage, uniformPass } from "./winogradTiles.ts";

/** What is convolved with what: the forward pass, or the input gradient, which is one with flipped and transposed filters. */
interface Direction {
  readonly geometry: WinogradGeometry;
  readonly channels: number;
  readonly outputs: number;
  readonly accumulate: boolean;
  readonly weights: WeightReader;
}

/** Where the weights of a panel are in the filter [3][3][channels][outChannels]. */
interface WeightReader {
  readonly key: string;
  /** From panel to panel, and from one row of it to the next. */
  readonly panelStep: number;
  readonly rowStep: number;
  load(w: PointerLocal, row: number, column: number, vector: number, lanes: LaneCount): F32x4;
}

/** A 3×3 convolution of stride 1 and padding 1 with 4/9 of the products, F(2×2), or a quarter of them, F(4×4). (images, x, w, y) */
export function winograd(shape: Conv2dShape, geometry: WinogradGeometry): Recipe {
  const { channels, outChannels } = shape;
  const tap = channels * outChannels;
  const weights: WeightReader = {
    key: "forward",
    panelStep: TILE_COLUMNS,
    rowStep: outChannels,
    load: (w, row, column, vector, lanes) => w.lanes(lanes, (row * 3 + column) * tap + 4 * vector),
  };
  return winogradRecipe({ geometry, channels, outputs: outChannels, accumulate: false, weights });
}

/** (images, dy, w, dx) */
export function winogradInputGradient(shape: Conv2dShape, geometry: WinogradGeometry, accumulate: boolean): Recipe {
  const { channels, outChannels } = shape;
  const tap = channels * outChannels;
  const weights: WeightReader = {
    key: "transposed",
    panelStep: TILE_COLUMNS * outChannels,
    rowStep: 1,
    load: (w, row, column, vector, lanes) => w.gather(outChannels, lanes, (8 - row * 3 - column) * tap + 4 * vector * outChannels),
  };
  return winogradRecipe({ geometry, channels: outChannels, outputs: channels, accumulate, weights });
}

/**
 *     x    ──Bᵀ·B──→  V: points² matrices  [tiles][channels]  ┐
 *                                                             ├─ points² products → M: [tiles][outputs] ──Aᵀ·A──→ y
 *     w    ──G·Gᵀ──→  U: points² matrices  [channels][outputs]┘
 *
 * for chunks of tiles { transform them;  for the points² products { for panels of 8 outputs { tiles of 4 or 6 rows } };  transform back }
 */
function winogradRecipe(direction: Direction): Recipe {
  const { geometry, channels, outputs, accumulate } = direction;
  const { points } = geometry.filtering;
  const [filterElements, inputElements] = [points ** 2 * channels * outputs, points ** 2 * matrixStride(geometry, channels)];
  const scratchElements = filterElements + inputElements + points ** 2 * matrixStride(geometry, outputs);
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "w", "y"], (f, images, x, w, y) => {
      const filter = f.pointer(module.scratch);
      const input = f.pointer(filter.plus(filterElements));
      const product = f.pointer(input.plus(inputElements));
      transformFilter(f, module, direction, w, filter);
      const output = uniformPass(
        module,
        `winogradOutputPass ${accumulate}`,
        geometry,
        outputs,
        outputTile(module, geometry, outputs, accumulate),
      );
      const first = f.i32(0);
      f.chunks(images.mul(tilesPerImage(geometry)), geometry.chunk, (count) => {
        f.call(inputPass(module, geometry, channels), x, input, first, count);
        f.call(productPass(module, direction), input, filter, product, count);
        f.call(output, y, product, first, count);
        first.increase(count);
      });
    });
  return { scratchElements, generate };
}

/** U = G w Gᵀ, packed in panels: matrix by matrix, panel by panel. */
function transformFilter(f: FunctionBuilder, module: KernelModule, direction: Direction, w: PointerLocal, filter: PointerLocal): void {
  const { channels, weights } = direction;
  const panel = f.pointer(filter);
  const strides = [
    { pointer: w, panel: weights.panelStep, group: 0 },
    { pointer: panel, panel: TILE_COLUMNS * channels, group: 0 },
  ];
  forEachPanel(f, panelsOf(direction), strides, (lanes) => f.call(filterPanel(module, direction, lanes), w, panel));
}

function filterPanel(module: KernelModule, direction: Direction, lanes: readonly LaneCount[]) {
  const { geometry, channels, outputs, weights } = direction;
  const { filter, points } = geometry.filtering;
  const key = JSON.stringify([points, weights.key, weights.rowStep, channels, outputs, lanes]);
  return module.builder.shared(`winogradFilter ${key}`, () =>
    module.builder.function(["pointer", "pointer"], (f, w, panel) => {
      const factor = factorsOf(f, filter);
      f.walk(channels, [[w, weights.rowStep] as const, [panel, 4 * lanes.length] as const], () => {
        lanes.forEach((count, v) => {
          const load = (row: number, column: number) => weights.load(w, row, column, v, count);
          transform2d(f, filter, 3, factor, load, (row, column, term) => {
            panel.store(f.f32x4(term ?? 0), (row * points + column) * channels * outputs + 4 * v);
          });
        });
      });
    }),
  );
}

/** The points² products of a chunk: (V, U, M, tiles). */
function productPass(module: KernelModule, direction: Direction) {
  const { geometry, channels, outputs } = direction;
  const { points } = geometry.filtering;
  const [inputStride, outputStride] = [matrixStride(geometry, channels), matrixStride(geometry, outputs)];
  const { rows: height } = tileSize(module.builder.fused);
  return module.builder.shared(`winogradProducts ${points} ${geometry.chunk} ${channels} ${outputs}`, () =>
    module.builder.function(["pointer", "pointer", "pointer", "i32"], (f, input, filter, product, count) => {
      const [row, out] = [f.pointer(), f.pointer()];
      const strides = [
        { pointer: product, panel: TILE_COLUMNS, group: 0 },
        { pointer: filter, panel: TILE_COLUMNS * channels, group: 0 },
      ];
      const shape = panelsOf(direction);
      const matrixStrides = [[input, inputStride] as const, [product, outputStride] as const, [filter, channels * outputs] as const];
      f.walk(points ** 2, matrixStrides, () => {
        forEachPanel(f, shape, strides, (lanes) => {
          row.set(input);
          out.set(product);
          const rowStrides = [[row, channels] as const, [out, outputs] as const];
          const tile = (rows: number) => rowTile(module, shape, rows, lanes, { accumulate: false, precision: "single" });
          forEachRowTile(f, count, height, rowStrides, (rows) => f.call(tile(rows), row, filter, out));
        });
      });
    }),
  );
}

function panelsOf({ channels, outputs }: Direction): PanelShape {
  return { groups: 1, depth: channels, outputs };
}
