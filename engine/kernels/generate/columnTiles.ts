import { type Axis, range, type Tap } from "./axis.ts";
import { type EqualRun, equalRuns, type Place } from "./equalRuns.ts";

/** Neighbouring taps that the same pixels of a tile meet. */
export interface Segment {
  readonly tap: number;
  readonly taps: number;
  /** For each pixel of the tile what it reads at the first tap, in pixels from the tile's source; undefined where that is outside the map. */
  readonly sources: readonly (number | undefined)[];
}

/** A few output pixels of a row that are computed together, and which taps they meet. */
export interface ColumnTile {
  readonly pixels: number;
  readonly segments: readonly Segment[];
}

/** A tile at its place: `input` is the leftmost pixel that it reads, `output` the first that it writes. */
export interface PlacedTile extends Place {
  readonly tile: ColumnTile;
  readonly key: string;
}

/**
 * A row of outputs cut into tiles of at most `width` pixels, of sizes as equal as possible. Border tiles have segments of their own;
 * the many equal tiles between them are one run. `joinTaps` says that the next tap's weights and pixels lie directly behind the last one's.
 */
export function columnTiles(axis: Axis, width: number, joinTaps: boolean): readonly EqualRun<PlacedTile>[] {
  return range(Math.min(axis.phases, axis.outputs)).flatMap((phase) => {
    const outputs = range(Math.ceil((axis.outputs - phase) / axis.phases)).map((i) => phase + i * axis.phases);
    return equalRuns(split(outputs, width).map((pixels) => placeTile(axis, pixels, joinTaps)));
  });
}

/** Cuts a list into the fewest parts of at most `width` items, whose sizes differ by at most one. */
export function split<T>(items: readonly T[], width: number): readonly (readonly T[])[] {
  const parts = Math.ceil(items.length / width);
  return range(parts).map((i) => items.slice(Math.ceil((i * items.length) / parts), Math.ceil(((i + 1) * items.length) / parts)));
}

function placeTile(axis: Axis, outputs: readonly number[], joinTaps: boolean): PlacedTile {
  const met = outputs.map((output) => axis.taps[output]);
  const source = Math.min(...met.flat().map((tap) => tap.source));
  const numbers = [...new Set(met.flat().map(({ tap }) => tap))].sort((a, b) => a - b);
  const segments: Segment[] = [];
  for (const tap of numbers) {
    const sources = met.map((taps) => sourceOf(taps, tap, source));
    const last = segments.at(-1);
    if (joinTaps && last !== undefined && continues(last, tap, sources)) segments[segments.length - 1] = { ...last, taps: last.taps + 1 };
    else segments.push({ tap, taps: 1, sources });
  }
  const tile = { pixels: outputs.length, segments };
  return { tile, key: JSON.stringify(tile), output: outputs[0], input: numbers.length === 0 ? 0 : source };
}

function sourceOf(taps: readonly Tap[], tap: number, origin: number): number | undefined {
  const met = taps.find((candidate) => candidate.tap === tap);
  return met === undefined ? undefined : met.source - origin;
}

/** Whether the tap is the segment's next, read by the same pixels, one pixel further on. */
function continues(segment: Segment, tap: number, sources: readonly (number | undefined)[]): boolean {
  if (tap !== segment.tap + segment.taps) return false;
  return sources.every((source, i) => {
    const first = segment.sources[i];
    return first === undefined || source === undefined ? first === source : source === first + segment.taps;
  });
}
