import type { LaneCount } from "../../wasm/pointer.ts";
import type { Conv2dShape } from "../kernels.ts";
import { forwardAxis, gradientAxis, range } from "./axis.ts";
import type { ColumnTile } from "./columnTiles.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { forEachTile, heightAxis, type MapAxes, widthAxis } from "./mapTiles.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";

const TILE_PIXELS = 4; // more sums than this and older V8 keeps them in memory

interface Filtering extends MapAxes {
  readonly shape: Conv2dShape;
  /** The taps of the axes count from the filter's end. */
  readonly flipped: boolean;
  readonly accumulate: boolean;
}

/** One filter for every channel: y[pixel, c] = Σ x[pixel + tap, c] w[tap, c]. (images, x, w, y) */
export function depthwise(shape: Conv2dShape): Recipe {
  return filteringRecipe({
    rows: forwardAxis(heightAxis(shape)),
    columns: forwardAxis(widthAxis(shape)),
    sourceChannels: shape.channels,
    outputChannels: shape.channels,
    shape,
    flipped: false,
    accumulate: false,
  });
}

/** (images, dy, w, dx) */
export function depthwiseInputGradient(shape: Conv2dShape, accumulate: boolean): Recipe {
  return filteringRecipe({
    rows: gradientAxis(heightAxis(shape)),
    columns: gradientAxis(widthAxis(shape)),
    sourceChannels: shape.channels,
    outputChannels: shape.channels,
    shape,
    flipped: true,
    accumulate,
  });
}

function filteringRecipe(filtering: Filtering): Recipe {
  const { rows, columns, shape, flipped } = filtering;
  const { channels, kernelHeight, kernelWidth } = shape;
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "w", "y"], (f, images, x, w, y) => {
      const imageStrides = [
        [x, rows.sources * columns.sources * channels],
        [y, rows.outputs * columns.outputs * channels],
      ] as const;
      f.walk(images, imageStrides, () => {
        forEachTile(f, filtering, { width: TILE_PIXELS, joinTaps: false }, { x, y }, (tile, rowTaps, from, to) => {
          const firstRow = flipped ? kernelHeight - 1 - rowTaps.first : rowTaps.first;
          f.call(filterTile(module, filtering, tile), from, w.plus(firstRow * kernelWidth * channels), to, rowTaps.count);
        });
      });
    });
  return { scratchElements: 0, generate };
}

/**
 * Four pixels of four channels at a time; every pixel of the source is loaded once for all the sums that it enters:
 *
 *     x0 x1 x2 x3 x4 x5          one row of the source, 4 channels deep
 *     └─w─w─w┘                   sum 0
 *        └─w─w─w┘                sum 1   …
 */
function filterTile(module: KernelModule, filtering: Filtering, tile: ColumnTile) {
  const { rows, columns, shape, flipped, accumulate } = filtering;
  const { channels, kernelWidth } = shape;
  return module.builder.shared(`depthwiseTile ${JSON.stringify([shape, flipped, accumulate, tile])}`, () =>
    module.builder.function(["pointer", "pointer", "pointer", "i32"], (f, x, w, y, rowTaps) => {
      const [row, weights, value] = [f.pointer(), f.pointer(), f.f32x4()];
      const channelVector = (lanes: LaneCount) => {
        const sums = range(tile.pixels).map(() => f.f32x4(0));
        row.set(x);
        weights.set(w);
        const strides = [
          [row, rows.tapSourceStep * columns.sources * channels],
          [weights, (flipped ? -1 : 1) * rows.tapStep * kernelWidth * channels],
        ] as const;
        f.walk(rowTaps, strides, () => {
          const filter = tile.segments.map(({ tap }) => {
            const column = flipped ? kernelWidth - 1 - tap : tap;
            return f.f32x4(weights.lanes(lanes, column * channels));
          });
          for (const [source, meetings] of meetingsOf(tile)) {
            value.set(row.lanes(lanes, source * channels));
            for (const { pixel, segment } of meetings) sums[pixel].fma(value, filter[segment]);
          }
        });
        sums.forEach((sum, pixel) => {
          const at = pixel * columns.phases * channels;
          if (accumulate) sum.set(y.lanes(lanes, at).add(sum));
          y.store(sum, at, lanes);
        });
      };
      forEachChannelGroup(f, channels, [x, w, y], ([lanes]) => channelVector(lanes), 1);
    }),
  );
}

/** What a source pixel of a tile is multiplied by, and where that goes. */
interface Meeting {
  readonly pixel: number;
  /** Which of the tile's taps. */
  readonly segment: number;
}

/** The source pixels of a tile from left to right, each with all its meetings. */
function meetingsOf(tile: ColumnTile): readonly (readonly [source: number, meetings: readonly Meeting[]])[] {
  const meetings = new Map<number, Meeting[]>();
  tile.segments.forEach(({ sources }, segment) => {
    sources.forEach((source, pixel) => {
      if (source !== undefined) meetings.set(source, [...(meetings.get(source) ?? []), { pixel, segment }]);
    });
  });
  return [...meetings].sort(([a], [b]) => a - b);
}
