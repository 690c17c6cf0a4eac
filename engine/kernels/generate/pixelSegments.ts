import { type Axis, range } from "./axis.ts";

/** A row of a weight gradient's tile: the filter tap kx, and how far its channel is behind the tile's first. */
export interface FilterRow {
  readonly kx: number;
  readonly channel: number;
}

/** Neighbouring output pixels of a row that the same rows of a tile meet. */
export interface PixelSegment {
  readonly first: number;
  readonly pixels: number;
  /** The smallest element that any row reads at the first pixel, counted from the tile's first channel at the start of the input row. */
  readonly base: number;
  /** What each row reads there, counted from `base`; undefined where that is outside the map. */
  readonly offsets: readonly (number | undefined)[];
}

/** An output row cut where a filter row leaves or enters the map: borders and the long part between them. */
export function pixelSegments(columns: Axis, channels: number, rows: readonly FilterRow[]): readonly PixelSegment[] {
  const segments: PixelSegment[] = [];
  for (const ox of range(columns.outputs)) {
    const met = columns.taps[ox];
    const inputs = rows.map(({ kx, channel }) => {
      const source = met.find(({ tap }) => tap === kx)?.source;
      return source === undefined ? undefined : source * channels + channel;
    });
    const base = Math.min(...inputs.filter((input) => input !== undefined));
    if (base === Number.POSITIVE_INFINITY) continue;
    const offsets = inputs.map((input) => (input === undefined ? undefined : input - base));
    const last = segments.at(-1);
    if (last !== undefined && continues(last, ox, offsets)) segments[segments.length - 1] = { ...last, pixels: last.pixels + 1 };
    else segments.push({ first: ox, pixels: 1, base, offsets });
  }
  return segments;
}

function continues(segment: PixelSegment, ox: number, offsets: readonly (number | undefined)[]): boolean {
  return ox === segment.first + segment.pixels && offsets.every((offset, r) => offset === segment.offsets[r]);
}
