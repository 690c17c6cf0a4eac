import type { F32x4 } from "../../wasm/f32x4.ts";
import type { F64x2 } from "../../wasm/f64x2.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { LocalOf, PointerLocal } from "../../wasm/locals.ts";
import type { LaneCount, Pointer } from "../../wasm/pointer.ts";
import { range } from "./axis.ts";
import { forEachChannelGroup, lanesOf } from "./lanes.ts";
import { forEachPixelGroup, type PixelBuffers } from "./pixelBlocks.ts";

/** Four sums in double precision. */
export interface Sum {
  readonly low: LocalOf["f64x2"];
  readonly high: LocalOf["f64x2"];
}

/** For each vector of a group of channels its sums of every kind. */
type GroupSums<T> = readonly (readonly T[])[];

/** Pixels that are summed in single precision before the sum goes into the total: enough to be fast, few enough to be exact to an ulp or two. */
const BLOCK = 128;

/** Elements of a row of scratch memory: one for each channel, in whole vectors. */
export function rowElements(channels: number): number {
  return 4 * lanesOf(channels).length;
}

/** Scratch memory for `kinds` sums over the pixels of each channel: a row in f32, and two rows that together hold the totals in f64. */
export function sumScratch(channels: number, kinds: number): number {
  return 3 * kinds * rowElements(channels);
}

/** The sums of a kernel over all pixels: how many for each channel, and where they are kept meanwhile. */
export interface ChannelSums {
  readonly channels: number;
  readonly kinds: number;
  readonly scratch: Pointer;
}

/**
 * Sums over all pixels, in the order of the pixels: in f32 over blocks of 128 pixels, the blocks in f64. `group` loads what a group of
 * channels needs of the rows and returns what computes the terms of the pixel that the pointers are at.
 */
export function sumOverPixels<const Maps extends readonly PointerLocal[]>(
  f: FunctionBuilder,
  { channels, kinds, scratch }: ChannelSums,
  pixels: I32,
  { maps, rows }: PixelBuffers<Maps>,
  group: (lanes: readonly LaneCount[], at: { readonly [K in keyof Maps]: PointerLocal }) => (sums: GroupSums<LocalOf["f32x4"]>) => void,
): void {
  const row = rowElements(channels);
  const work = f.pointer(scratch);
  f.clear(work, sumScratch(channels, kinds));
  f.chunks(pixels, BLOCK, (blockPixels) => {
    forEachPixelGroup(f, blockPixels, channels, { maps, rows: [...rows, work] }, (lanes, at, eachPixel) => {
      const sums = lanes.map((_, v) => range(kinds).map((kind) => f.f32x4(work.f32x4(kind * row + 4 * v))));
      const terms = group(lanes, at);
      eachPixel(() => terms(sums));
      forEachSum(sums, (sum, v, kind) => work.store(sum, kind * row + 4 * v));
    });
    forEachChannelGroup(f, channels, [work], (lanes) => {
      const sums = lanes.map((_, v) => range(kinds).map((kind) => f.f32x4(work.f32x4(kind * row + 4 * v))));
      forEachSum(sums, (sum, v, kind) => {
        const [low, high] = totalPlaces(row, kinds, kind, v);
        work.store(work.f64x2(low).add(sum.lowToF64x2()), low);
        work.store(work.f64x2(high).add(sum.highToF64x2()), high);
        work.store(f.f32x4(0), kind * row + 4 * v);
      });
    });
    work.advance(-channels);
  });
}

/** Visits the totals that `sumOverPixels` has left in the scratch memory; `rows` move along with the channels. */
export function forEachTotal(
  f: FunctionBuilder,
  { channels, kinds, scratch }: ChannelSums,
  rows: readonly PointerLocal[],
  body: (lanes: readonly LaneCount[], totals: GroupSums<Sum>) => void,
): void {
  const row = rowElements(channels);
  const work = f.pointer(scratch);
  forEachChannelGroup(f, channels, [...rows, work], (lanes) => {
    const totals = lanes.map((_, v) =>
      range(kinds).map((kind) => {
        const [low, high] = totalPlaces(row, kinds, kind, v);
        return { low: f.f64x2(work.f64x2(low)), high: f.f64x2(work.f64x2(high)) };
      }),
    );
    body(lanes, totals);
  });
}

/** Four doubles rounded to single precision. */
export function toSingle({ low, high }: { readonly low: F64x2; readonly high: F64x2 }): F32x4 {
  return low.toF32x4().shuffle(high.toF32x4(), [0, 1, 4, 5]);
}

/** Where the totals of channels 0 and 1, and of 2 and 3, of a vector are. */
function totalPlaces(row: number, kinds: number, kind: number, vector: number): readonly [low: number, high: number] {
  return [(kinds + 2 * kind) * row + 4 * vector, (kinds + 2 * kind + 1) * row + 4 * vector];
}

function forEachSum<T>(sums: GroupSums<T>, body: (sum: T, vector: number, kind: number) => void): void {
  sums.forEach((kinds, v) => {
    kinds.forEach((sum, kind) => {
      body(sum, v, kind);
    });
  });
}
