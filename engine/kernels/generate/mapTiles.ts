import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import type { Conv2dShape } from "../kernels.ts";
import { type Axis, type AxisShape, runsOf } from "./axis.ts";
import { type ColumnTile, columnTiles } from "./columnTiles.ts";

/** The two dimensions of a convolution, and how its maps lie in memory. */
export interface MapAxes {
  readonly rows: Axis;
  readonly columns: Axis;
  /** Channels of a source pixel and of an output pixel. */
  readonly sourceChannels: number;
  readonly outputChannels: number;
}

/** The taps of a column of the filter that a row of outputs meets. */
export interface RowTaps {
  readonly first: number;
  readonly count: number;
}

/**
 * Visits all tiles of an output map: runs of equal rows, in them runs of equal tiles, so that the body is written once for each kind.
 * `x` and `y` begin at the first pixel of the maps; the body gets them at the tile's first source and its first output.
 */
export function forEachTile(
  f: FunctionBuilder,
  axes: MapAxes,
  tiling: { readonly width: number; readonly joinTaps: boolean },
  maps: { readonly x: PointerLocal; readonly y: PointerLocal },
  body: (tile: ColumnTile, rowTaps: RowTaps, x: PointerLocal, y: PointerLocal) => void,
): void {
  const { rows, columns, sourceChannels, outputChannels } = axes;
  const [sourceRow, outputRow] = [columns.sources * sourceChannels, columns.outputs * outputChannels];
  const [xRow, yRow, x, y] = [f.pointer(), f.pointer(), f.pointer(), f.pointer()];
  const tiles = columnTiles(columns, tiling.width, tiling.joinTaps);
  for (const { first, count: rowCount, taps } of runsOf(rows)) {
    const { tap, source } = taps[0] ?? { tap: 0, source: 0 };
    xRow.set(maps.x.plus(source * sourceRow));
    yRow.set(maps.y.plus(first * outputRow));
    const rowStrides = [[yRow, rows.phases * outputRow] as const, [xRow, rows.sourceStep * sourceRow] as const];
    f.walk(rowCount, rowStrides, () => {
      for (const { first: placed, count, step } of tiles) {
        x.set(xRow.plus(placed.input * sourceChannels));
        y.set(yRow.plus(placed.output * outputChannels));
        const strides = [[y, step.output * outputChannels] as const, [x, step.input * sourceChannels] as const];
        f.walk(count, strides, () => body(placed.tile, { first: tap, count: taps.length }, x, y));
      }
    });
  }
}

export function heightAxis(shape: Conv2dShape): AxisShape {
  return { ...shape, size: shape.height, kernel: shape.kernelHeight };
}

export function widthAxis(shape: Conv2dShape): AxisShape {
  return { ...shape, size: shape.width, kernel: shape.kernelWidth };
}
