import type { FunctionBuilder, FunctionHandle } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { KernelModule } from "./recipe.ts";
import { type Borders, type ChannelRange, inputTile, type WinogradGeometry } from "./winogradTile.ts";

type PassFunction = FunctionHandle<readonly ["pointer", "pointer", "i32", "i32"]>;
type TileFunction = FunctionHandle<readonly ["pointer", "pointer"]>;

/** Tiles of one image. */
export function tilesPerImage(geometry: WinogradGeometry): number {
  const { filtering, height, width } = geometry;
  return (height / filtering.outputs) * (width / filtering.outputs);
}

/** The input transform of `count` tiles from tile `first` of all images: (x, first matrix, first, count). */
export function inputPass(module: KernelModule, geometry: WinogradGeometry, channels: number): PassFunction {
  const tile = (borders: Borders) => inputTile(module, geometry, channels, borders);
  return tilePass(module, "winogradInputPass", geometry, { channels, mapChannels: channels }, (f, row, column, call) => {
    bySide(f, row, geometry.height / geometry.filtering.outputs, (top, bottom) =>
      bySide(f, column, geometry.width / geometry.filtering.outputs, (left, right) => call(tile({ top, bottom, left, right }))),
    );
  });
}

/** Another transform, the same for all tiles: (map, first matrix, first, count). */
export function uniformPass(
  module: KernelModule,
  key: string,
  geometry: WinogradGeometry,
  range: ChannelRange,
  tile: TileFunction,
): PassFunction {
  return tilePass(module, key, geometry, range, (_f, _row, _column, call) => call(tile));
}

function tilePass(
  module: KernelModule,
  key: string,
  geometry: WinogradGeometry,
  { channels, mapChannels }: ChannelRange,
  body: (f: FunctionBuilder, row: I32, column: I32, call: (tile: TileFunction) => void) => void,
): PassFunction {
  const { filtering, height, width, chunk } = geometry;
  const columns = width / filtering.outputs;
  return module.builder.shared(`${key} ${JSON.stringify([channels, mapChannels, filtering.outputs, height, width, chunk])}`, () =>
    module.builder.function(["pointer", "pointer", "i32", "i32"], (f, map, matrices, first, count) => {
      const [row, column, pixel] = [f.i32(), f.i32(), f.pointer()];
      const tile = f.i32(first);
      f.walk(count, [[matrices, channels]], () => {
        row.set(tile.divUnsigned(columns)); // of all images, one below the other
        column.set(tile.remUnsigned(columns));
        pixel.set(
          map.plus(
            row
              .mul(width)
              .add(column)
              .mul(filtering.outputs * mapChannels),
          ),
        );
        row.set(row.remUnsigned(height / filtering.outputs));
        body(f, row, column, (callee) => f.call(callee, pixel, matrices));
        tile.increase(1);
      });
    }),
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
