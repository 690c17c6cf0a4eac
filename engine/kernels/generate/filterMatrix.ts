import type { F32x4 } from "../../wasm/f32x4.ts";
import type { LaneCount, Pointer } from "../../wasm/pointer.ts";
import { TILE_COLUMNS } from "./registerTile.ts";

/** How the weights of a filter [taps][channels][outChannels] are read, panel by panel, as the right factor of a product. */
export interface FilterMatrix {
  readonly key: string;
  /** From panel to panel, and from one row of it to the next. */
  readonly panelStep: number;
  readonly rowStep: number;
  /** Up to four weights of a row; tap, row and column are counted from where the pointer is. */
  load(w: Pointer, at: { readonly tap: number; readonly row: number; readonly column: number }, lanes: LaneCount): F32x4;
}

/** Each tap as it is: rows are input channels, columns output channels. */
export function forwardFilter(channels: number, outChannels: number): FilterMatrix {
  return {
    key: "forward",
    panelStep: TILE_COLUMNS,
    rowStep: outChannels,
    load: (w, { tap, row, column }, lanes) => w.lanes(lanes, (tap * channels + row) * outChannels + column),
  };
}

/** Each tap transposed, for an input gradient: rows are output channels, columns input channels. */
export function transposedFilter(channels: number, outChannels: number): FilterMatrix {
  return {
    key: "transposed",
    panelStep: TILE_COLUMNS * outChannels,
    rowStep: 1,
    load: (w, { tap, row, column }, lanes) => w.gather(outChannels, lanes, (tap * channels + column) * outChannels + row),
  };
}
