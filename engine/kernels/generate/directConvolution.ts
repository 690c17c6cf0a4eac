import type { LaneCount } from "../../wasm/pointer.ts";
import type { Conv2dShape } from "../kernels.ts";
import { forwardAxis, gradientAxis } from "./axis.ts";
import type { ColumnTile, Segment } from "./columnTiles.ts";
import { forEachTile, heightAxis, type MapAxes, widthAxis } from "./mapTiles.ts";
import { type PackedProduct, packedProduct } from "./packedProduct.ts";
import { packRows, packTransposed } from "./packWeights.ts";
import { panelScratch } from "./panels.ts";
import type { RowTileOptions } from "./pointwise.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";
import { type Precision, storeSums, TILE_COLUMNS, tileSize, tileSums } from "./registerTile.ts";

/** A convolution as a gathering of sources into outputs: the forward pass, or the input gradient, which gathers from dy. */
interface Gathering extends MapAxes {
  /** Channels of a source pixel that one group reads. */
  readonly depth: number;
  /** Taps of a filter row. */
  readonly kernelWidth: number;
  readonly accumulate: boolean;
  readonly precision: Precision;
  product(module: KernelModule): PackedProduct;
}

/** Any convolution, without rearranging its input. (images, x, w, y) */
export function directConvolution(shape: Conv2dShape, precision: Precision): Recipe {
  const { channels, outChannels, kernelHeight, kernelWidth, groups } = shape;
  const depth = channels / groups;
  const panels = { groups, depth: kernelHeight * kernelWidth * depth, outputs: outChannels / groups };
  return gatheringRecipe(panelScratch(panels), {
    rows: forwardAxis(heightAxis(shape)),
    columns: forwardAxis(widthAxis(shape)),
    sourceChannels: channels,
    depth,
    outputChannels: outChannels,
    kernelWidth,
    accumulate: false,
    precision,
    product: (module) => ({
      panels,
      groupChannels: depth,
      weightPanel: TILE_COLUMNS,
      weightGroup: panels.outputs,
      pack: (lanes) => packRows(module, panels.depth, outChannels, lanes),
    }),
  });
}

/** Its input gradient: every input pixel gathers from the output pixels that it went to. (images, dy, w, dx) */
export function directInputGradient(shape: Conv2dShape, { accumulate, precision }: RowTileOptions): Recipe {
  const { channels, outChannels, kernelHeight, kernelWidth, groups } = shape;
  const depth = outChannels / groups;
  const taps = kernelHeight * kernelWidth;
  const filter = { taps, channels: channels / groups, outChannels, groupOutChannels: depth };
  const panels = { groups, depth: taps * depth, outputs: channels / groups };
  return gatheringRecipe(panelScratch(panels), {
    rows: gradientAxis(heightAxis(shape)),
    columns: gradientAxis(widthAxis(shape)),
    sourceChannels: outChannels,
    depth,
    outputChannels: channels,
    kernelWidth,
    accumulate,
    precision,
    product: (module) => ({
      panels,
      groupChannels: depth,
      weightPanel: TILE_COLUMNS * outChannels,
      weightGroup: depth,
      pack: (lanes) => packTransposed(module, filter, lanes),
    }),
  });
}

function gatheringRecipe(scratchElements: number, gathering: Gathering): Recipe {
  const { rows, columns, sourceChannels, depth, outputChannels, kernelWidth } = gathering;
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "w", "y"], (f, images, x, w, y) => {
      packedProduct(
        f,
        module,
        gathering.product(module),
        { x, w, y },
        (place, body) => {
          const source = [place.x, rows.sources * columns.sources * sourceChannels] as const;
          const output = [place.y, rows.outputs * columns.outputs * outputChannels] as const;
          f.walk(images, [source, output], body);
        },
        (place, lanes) => {
          const rowPanel = kernelWidth * depth * 4 * lanes.length;
          const tiling = { width: tileSize(module.builder.fused).rows, joinTaps: joinsTaps(gathering) };
          forEachTile(f, gathering, tiling, place, (tile, rowTaps, from, to) => {
            const weights = place.panel.plus(rowTaps.first * rowPanel);
            f.call(gatherTile(module, gathering, tile, lanes), from, weights, to, rowTaps.count);
          });
        },
      );
    });
  return { scratchElements, generate };
}

/** Whether the taps of a filter row and the pixels that they read lie one behind the other: then they are one longer inner loop. */
function joinsTaps(gathering: Gathering): boolean {
  const { columns, depth, sourceChannels } = gathering;
  return columns.tapSourceStep === 1 && columns.tapStep === 1 && depth === sourceChannels;
}

/**
 * A few pixels of an output row times one panel of channels:
 *
 *     source rows      ┌─ pixels of the tile, splat one by one
 *     ky = 0   · · x x x x · ·           panel: ky, kx, c
 *     ky = 1   · · x x x x · ·     ×     ┌────────┐          →    pixels × 8 sums
 *     ky = 2   · · x x x x · ·           │ w … w  │
 *
 * for ky { for each segment of taps kx { for c { sums[pixel] += x[ky, pixel + kx, c] · w[ky, kx, c] } } }
 */
function gatherTile(module: KernelModule, gathering: Gathering, tile: ColumnTile, lanes: readonly LaneCount[]) {
  const { rows, columns, sourceChannels, depth, outputChannels, kernelWidth, accumulate, precision } = gathering;
  const rowSize = columns.sources * sourceChannels;
  const width = 4 * lanes.length;
  const rest = {
    rowSize,
    sourceChannels,
    depth,
    outputChannels,
    kernelWidth,
    accumulate,
    precision,
    steps: [rows.tapStep, rows.tapSourceStep, columns.phases],
  };
  return module.builder.shared(`gatherTile ${JSON.stringify([tile, lanes, rest])}`, () =>
    module.builder.function(["pointer", "pointer", "pointer", "i32"], (f, x, w, y, rowTaps) => {
      const sums = tileSums(f, tile.pixels, lanes.length, precision);
      const strides = [
        [x, rows.tapSourceStep * rowSize],
        [w, rows.tapStep * kernelWidth * depth * width],
      ] as const;
      f.walk(rowTaps, strides, () => {
        for (const segment of tile.segments) {
          const weights = w.plus(segment.tap * depth * width);
          sums.add(x, offsetsOf(segment, sourceChannels), weights, segment.taps * depth, tileSize(module.builder.fused).unroll);
        }
      });
      storeSums(y, sums.finished(), columns.phases * outputChannels, lanes, accumulate);
    }),
  );
}

function offsetsOf(segment: Segment, channels: number): readonly (number | undefined)[] {
  return segment.sources.map((source) => (source === undefined ? undefined : source * channels));
}
