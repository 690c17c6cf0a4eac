import type { FunctionBuilder, FunctionHandle } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { KernelModule } from "./recipe.ts";
import { type Borders, type ChannelRange, INNER, inputTile, overhang, tilesAlong, type WinogradGeometry } from "./winogradTile.ts";

type PassFunction = FunctionHandle<readonly ["pointer", "pointer", "i32", "i32"]>;
type TileFunction = FunctionHandle<readonly ["pointer", "pointer"]>;

/** Tiles of one image. */
export function tilesPerImage({ filtering, height, width }: WinogradGeometry): number {
  return tilesAlong(height, filtering) * tilesAlong(width, filtering);
}

/** The input transform of `count` tiles from tile `first` of all images: (x, first matrix, first, count). */
export function inputPass(module: KernelModule, geometry: WinogradGeometry, channels: number): PassFunction {
  const tile = (borders: Borders) => inputTile(module, geometry, channels, borders);
  return tilePass(module, "winogradInputPass", geometry, { channels, mapChannels: channels }, (f, row, column, call) => {
    bySide(f, row, tilesAlong(geometry.height, geometry.filtering), (top, bottom) =>
      bySide(f, column, tilesAlong(geometry.width, geometry.filtering), (left, right) => call(tile({ top, bottom, left, right }))),
    );
  });
}

/** A transform to or from the outputs of tiles, of which the last of a row or a column may have fewer: (map, first matrix, first, count). */
export function outputsPass(
  module: KernelModule,
  key: string,
  geometry: WinogradGeometry,
  range: ChannelRange,
  tile: (borders: Borders) => TileFunction,
): PassFunction {
  const { filtering, height, width } = geometry;
  return tilePass(module, key, geometry, range, (f, row, column, call) => {
    ifLast(f, row, tilesAlong(height, filtering), overhang(height, filtering) > 0, (bottom) =>
      ifLast(f, column, tilesAlong(width, filtering), overhang(width, filtering) > 0, (right) => call(tile({ ...INNER, bottom, right }))),
    );
  });
}

function tilePass(
  module: KernelModule,
  key: string,
  geometry: WinogradGeometry,
  { channels, mapChannels }: ChannelRange,
  body: (f: FunctionBuilder, row: I32, column: I32, call: (tile: TileFunction) => void) => void,
): PassFunction {
  const { filtering, height, width, chunk } = geometry;
  const [rows, columns] = [tilesAlong(height, filtering), tilesAlong(width, filtering)];
  return module.builder.shared(`${key} ${JSON.stringify([channels, mapChannels, filtering.outputs, height, width, chunk])}`, () =>
    module.builder.function(["pointer", "pointer", "i32", "i32"], (f, map, matrices, first, count) => {
      const [image, row, column, pixel] = [f.i32(), f.i32(), f.i32(), f.pointer()];
      const tile = f.i32(first);
      f.walk(count, [[matrices, channels]], () => {
        row.set(tile.divUnsigned(columns)); // of all images, one below the other
        column.set(tile.remUnsigned(columns));
        image.set(row.divUnsigned(rows));
        row.set(row.sub(image.mul(rows)));
        const pixelRow = image.mul(height).add(row.mul(filtering.outputs));
        pixel.set(map.plus(pixelRow.mul(width).add(column.mul(filtering.outputs)).mul(mapChannels)));
        body(f, row, column, (callee) => f.call(callee, pixel, matrices));
        tile.increase(1);
      });
    }),
  );
}

/** Runs the body with whether a position is the last of an axis, where that makes a difference. */
function ifLast(f: FunctionBuilder, position: I32, count: number, matters: boolean, body: (last: boolean) => void): void {
  if (!matters || count === 1) body(matters);
  else
    f.if(
      position.equal(count - 1),
      () => body(true),
      () => body(false),
    );
}

/** Runs the body with what is known about a position on an axis: whether it is the first, and whether it is the last. */
function bySide(f: FunctionBuilder, position: I32, count: number, body: (first: boolean, last: boolean) => void): void {
  if (count === 1) {
    body(true, true);
    return;
  }
  const behindFirst = () =>
    count === 2
      ? body(false, true)
      : f.if(
          position.equal(count - 1),
          () => body(false, true),
          () => body(false, false),
        );
  f.if(position.isZero(), () => body(true, false), behindFirst);
}
