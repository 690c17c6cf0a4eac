import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import type { LaneCount } from "../../wasm/pointer.ts";
import { forEachChannelGroup } from "./lanes.ts";

type PointersOf<Maps extends readonly PointerLocal[]> = { readonly [K in keyof Maps]: PointerLocal };

/** What a kernel over the channels of pixels reads and writes. */
export interface PixelBuffers<Maps extends readonly PointerLocal[]> {
  /** At the first pixel; behind the last one when all is done. */
  readonly maps: Maps;
  /** One element for each channel. */
  readonly rows: readonly PointerLocal[];
}

/** Vectors of a group: with five rows and two sums each they just fit the registers, where four would wait in memory between two pixels. */
const GROUP_VECTORS = 2;
const GROUP_CHANNELS = 4 * GROUP_VECTORS;

/**
 * Maps are read and written as they lie in memory, a few pixels at a time, and within those in groups of channels:
 *
 *     pixel 0: c0 … c7 | c8 … c15 | …        the rows of a group of channels are loaded once,
 *     pixel 1: c0 … c7 | c8 … c15 | …        then the pixels of the block go by
 *
 * All pixels of one group and then all of the next would touch a line of 64 bytes here and there, which no prefetcher follows.
 * `body` loads what it needs of the rows and then calls `eachPixel` with what is to be done at each pixel of the block.
 */
export function forEachPixelGroup<const Maps extends readonly PointerLocal[]>(
  f: FunctionBuilder,
  pixels: I32,
  channels: number,
  { maps, rows }: PixelBuffers<Maps>,
  body: (lanes: readonly LaneCount[], at: PointersOf<Maps>, eachPixel: (terms: () => void) => void) => void,
): void {
  const at = maps.map(() => f.pointer());
  const strides = at.map((pointer) => [pointer, channels] as const);
  const block = (count: I32) => {
    forEachChannelGroup(
      f,
      channels,
      [...maps, ...rows],
      (lanes) => {
        body(lanes, at as unknown as PointersOf<Maps>, (terms) => {
          maps.forEach((map, i) => {
            at[i]?.set(map);
          });
          f.walk(count, strides, terms);
        });
      },
      GROUP_VECTORS,
    );
    for (const row of rows) row.advance(-channels);
    for (const map of maps) map.advance(count.mul(channels).sub(channels));
  };
  if (channels <= GROUP_CHANNELS) f.if(pixels, () => block(pixels));
  else f.chunks(pixels, blockPixels(channels), block);
}

/** Loading the rows weighs less with more pixels, and of wide maps fewer of them stay in the first-level cache. */
function blockPixels(channels: number): number {
  return channels <= 64 ? 8 : 4;
}
