import type { LaneCount } from "../../wasm/pointer.ts";
import { range } from "./axis.ts";
import { type PackedProduct, packedProduct } from "./packedProduct.ts";
import { packRows, packTransposed } from "./packWeights.ts";
import { allPanelsFit, type PanelShape, panelScratch } from "./panels.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";
import { BLOCK_STEPS, forEachRowTile, type Precision, storeSums, TILE_COLUMNS, tileSize, tileSums } from "./registerTile.ts";

export interface RowTileOptions {
  readonly accumulate: boolean;
  readonly precision: Precision;
}

/** A 1×1 convolution of a map, or (with one pixel) the fully connected product. */
export interface PointwiseShape {
  readonly pixels: number;
  readonly channels: number;
  readonly outChannels: number;
}

/** Rows of x that are taken through all panels before the next ones: 2^17 elements (512 KiB) stay in the second-level cache. */
const CHUNK_ELEMENTS = 1 << 17;

/** y[row, oc] = Σ_c x[row, c] w[c, oc], rows = images · pixels. (images, x, w, y) */
export function pointwise(shape: PointwiseShape, precision: Precision): Recipe {
  const { pixels, channels, outChannels } = shape;
  const panels = { groups: 1, depth: channels, outputs: outChannels };
  return rowProduct(pixels, panels, { accumulate: false, precision }, (module) => ({
    panels,
    groupChannels: channels,
    weightPanel: TILE_COLUMNS,
    weightGroup: outChannels,
    pack: (lanes) => packRows(module, channels, outChannels, lanes),
  }));
}

/** dx[row, c] (+)= Σ_oc dy[row, oc] w[c, oc]. (images, dy, w, dx) */
export function pointwiseInputGradient(shape: PointwiseShape, options: RowTileOptions): Recipe {
  const { pixels, channels, outChannels } = shape;
  const panels = { groups: 1, depth: outChannels, outputs: channels };
  const filter = { taps: 1, channels, outChannels, groupOutChannels: outChannels };
  return rowProduct(pixels, panels, options, (module) => ({
    panels,
    groupChannels: outChannels,
    weightPanel: TILE_COLUMNS * outChannels,
    weightGroup: channels * outChannels,
    pack: (lanes) => packTransposed(module, filter, lanes),
  }));
}

/**
 *        depth            8 outputs            outputs
 *      ┌───────┐          ┌───────┐         ┌───┬───────┬───┐
 *      │       │          │       │         │   │       │   │
 *      ├───────┤  rows    │ panel │ depth   │   ├───────┤   │
 *      │ tile  │  of x ×  │       │     →   │   │ sums  │   │  4 × 8 (plain) or 6 × 8 (fused) in registers
 *      ├───────┤          └───────┘         │   ├───────┤   │
 *      └───────┘                            └───┴───────┴───┘
 */
function rowProduct(pixels: number, panels: PanelShape, options: RowTileOptions, product: (module: KernelModule) => PackedProduct): Recipe {
  const { depth, outputs } = panels;
  const chunkRows = allPanelsFit(panels) ? 12 * Math.ceil(CHUNK_ELEMENTS / depth / 12) : 1 << 30;
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "w", "y"], (f, images, x, w, y) => {
      const rows = f.i32();
      packedProduct(
        f,
        module,
        product(module),
        { x, w, y },
        (place, body) => {
          f.chunks(images.mul(pixels), chunkRows, (count) => {
            rows.set(count);
            body();
            place.x.advance(count.mul(depth));
            place.y.advance(count.mul(outputs));
          });
        },
        (place, lanes) => {
          const [row, out] = [f.pointer(place.x), f.pointer(place.y)];
          const strides = [[row, depth] as const, [out, outputs] as const];
          const { rows: height } = tileSize(module.builder.fused);
          forEachRowTile(f, rows, height, strides, (count) =>
            f.call(rowTile(module, panels, count, lanes, options), row, place.panel, out),
          );
        },
      );
    });
  return { scratchElements: panelScratch(panels), generate };
}

export function rowTile(module: KernelModule, panels: PanelShape, rows: number, lanes: readonly LaneCount[], options: RowTileOptions) {
  const { depth, outputs } = panels;
  const { accumulate, precision } = options;
  const { rows: height, unroll } = tileSize(module.builder.fused);
  const together = rows === height && unroll > 1 ? BLOCK_STEPS : unroll; // the tile of nearly all rows has no loop within a block
  return module.builder.shared(`rowTile ${depth} ${outputs} ${rows} ${lanes} ${accumulate} ${precision}`, () =>
    module.builder.function(["pointer", "pointer", "pointer"], (f, x, panel, y) => {
      const offsets = range(rows).map((row) => row * depth);
      const sums = tileSums(f, rows, lanes.length, precision);
      sums.add(x, offsets, panel, depth, together);
      storeSums(y, sums.finished(), outputs, lanes, accumulate);
    }),
  );
}
