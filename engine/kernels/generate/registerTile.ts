import type { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionBuilder, Stride } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { LocalOf, PointerLocal } from "../../wasm/locals.ts";
import type { LaneCount, Pointer } from "../../wasm/pointer.ts";
import { type Sum, toSingle } from "./channelSums.ts";

/** How much of a product is kept in registers while its inner loop runs. */
export interface TileSize {
  readonly rows: number;
  /** Steps of the inner loop written one after the other. */
  readonly unroll: number;
}

/** Columns of a tile: two vectors. */
export const TILE_COLUMNS = 8;

/**
 *                  w w w w   w w w w      one row of packed weights
 *     x of row 0   ┌─────┐   ┌─────┐
 *     x of row 1   │ sum │   │ sum │      all sums stay in registers
 *     …            └─────┘   └─────┘
 *
 * The 16 vector registers hold 12 sums, 2 weights and 1 splat when multiply-add is one instruction. Older V8 loads everything that
 * a turn of the loop needs before it computes, so plain numerics takes 8 sums and one step a turn: 98 % of the peak there.
 * The size changes no result: every sum is added in the order of the inner loop.
 */
export function tileSize(fused: boolean): TileSize {
  return fused ? { rows: 6, unroll: 4 } : { rows: 4, unroll: 1 };
}

export type Sums = readonly (readonly LocalOf["f32x4"][])[];

export function zeroSums(f: FunctionBuilder, rows: number, vectors: number): Sums {
  return Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.f32x4(0)));
}

/** Stores the sums, added to what is there if the kernel accumulates. */
export function storeSums(y: PointerLocal, sums: Sums, rowStride: number, lanes: readonly LaneCount[], accumulate: boolean): void {
  sums.forEach((row, r) => {
    lanes.forEach((count, v) => {
      const sum = row[v];
      if (sum === undefined) throw new Error(`a tile of ${lanes.length} vectors was expected, got ${row.length}`);
      const offset = r * rowStride + 4 * v;
      if (accumulate) sum.set(y.lanes(count, offset).add(sum));
      y.store(sum, offset, count);
    });
  });
}

/** One step of the inner loop: sums[r] += x[rows[r]] · columns, or = for the `first`. Rows that are undefined take no part. */
export function outerProduct(
  f: FunctionBuilder,
  sums: Sums,
  x: Pointer,
  rows: readonly (number | undefined)[],
  columns: readonly F32x4[],
  first = false,
): void {
  const vectors = columns.map((vector) => f.f32x4(vector));
  const value = f.f32x4();
  rows.forEach((offset, r) => {
    if (offset === undefined) return;
    value.set(x.splat(offset));
    vectors.forEach((vector, v) => {
      if (first) sums[r]?.[v]?.set(value.mul(vector));
      else sums[r]?.[v]?.fma(value, vector);
    });
  });
}

/** "single": sums in f32 alone. "partial": f32 over blocks of steps, the blocks in f32. "blocked": f32 over blocks, the blocks in f64. */
export type Precision = "single" | "partial" | "blocked";

const LONGEST_SINGLE = 32; // steps: up to here a sum in f32 alone is as good as one in blocks

/** Single precision for sums of so many steps. */
export function partialFrom(steps: number): Precision {
  return steps > LONGEST_SINGLE ? "partial" : "single";
}

/** The sums of a tile while its inner loops run. */
export interface TileSums {
  /** `steps` steps from the places that x and w point to; neither moves. */
  add(x: Pointer, rows: readonly (number | undefined)[], w: Pointer, steps: number, unroll: number): void;
  /** The sums, when all steps are done. */
  finished(): Sums;
}

export function tileSums(f: FunctionBuilder, rows: number, vectors: number, precision: Precision): TileSums {
  const sums = zeroSums(f, rows, vectors);
  switch (precision) {
    case "single":
      return {
        add: (x, offsets, w, steps, unroll) => innerProducts(f, sums, f.pointer(x), offsets, f.pointer(w), steps, unroll),
        finished: () => sums,
      };
    case "partial":
      return new BlockedSums(f, sums, BLOCK_STEPS, singleTotals(f, sums));
    case "blocked":
      return new BlockedSums(f, sums, BLOCK_STEPS, doubleTotals(f, sums));
  }
}

/** Steps that are summed before the sum goes into the total: the error of a long product is then that of a short one. */
export const BLOCK_STEPS = 16;

/** Where the blocks of a tile's sums go. */
interface Totals {
  /** The total of this row and vector grows by its sum. */
  add(row: number, vector: number, sum: F32x4): void;
  rounded(row: number, vector: number): F32x4;
}

/** A sum of n blocks of m steps in f32 has an error of about √m + √n ulps; the totals wait in memory while a block is summed. */
function singleTotals(f: FunctionBuilder, sums: Sums): Totals {
  const totals = sums.map((row) => row.map(() => f.f32x4(0)));
  return {
    add: (row, vector, sum) => totals[row][vector].set(totals[row][vector].add(sum)),
    rounded: (row, vector) => totals[row][vector],
  };
}

/** A sum of n steps in f32 alone has an error of about √n ulps, enough to flip a ReLU here and there; this has that of one block. */
function doubleTotals(f: FunctionBuilder, sums: Sums): Totals {
  const totals = sums.map((row) => row.map((): Sum => ({ low: f.f64x2(0), high: f.f64x2(0) })));
  return {
    add: (row, vector, sum) => {
      const { low, high } = totals[row][vector];
      low.set(low.add(sum.lowToF64x2()));
      high.set(high.add(sum.highToF64x2()));
    },
    rounded: (row, vector) => toSingle(totals[row][vector]),
  };
}

/** The inner loop of a tile whose sums may be long (3×3 taps of 512 channels are 4608 steps): block by block. */
class BlockedSums implements TileSums {
  readonly #f: FunctionBuilder;
  readonly #sums: Sums;
  readonly #block: number;
  readonly #totals: Totals;

  constructor(f: FunctionBuilder, sums: Sums, block: number, totals: Totals) {
    this.#f = f;
    this.#sums = sums;
    this.#block = block;
    this.#totals = totals;
  }

  add(x: Pointer, rows: readonly (number | undefined)[], w: Pointer, steps: number, unroll: number): void {
    const f = this.#f;
    const vectors = this.#sums[0]?.length ?? 0;
    const [blockX, blockW, stepX, stepW] = [f.pointer(x), f.pointer(w), f.pointer(), f.pointer()];
    const block = blockSteps(steps, this.#block);
    const addBlock = (count: number) => {
      stepX.set(blockX);
      stepW.set(blockW);
      blockProducts(f, this.#sums, stepX, rows, stepW, count, unroll);
      this.#forEach((sum, row, vector) => {
        if (rows[row] !== undefined) this.#totals.add(row, vector, sum);
      });
    };
    const strides = [[blockX, block] as const, [blockW, block * 4 * vectors] as const];
    f.walk(Math.floor(steps / block), strides, () => addBlock(block));
    if (steps % block > 0) addBlock(steps % block);
  }

  /** The totals, rounded once. */
  finished(): Sums {
    this.#forEach((sum, row, vector) => sum.set(this.#totals.rounded(row, vector)));
    return this.#sums;
  }

  #forEach(body: (sum: LocalOf["f32x4"], row: number, vector: number) => void): void {
    this.#sums.forEach((row, r) => {
      row.forEach((sum, v) => {
        body(sum, r, v);
      });
    });
  }
}

/**
 * sums = the products of a block, whatever they were. Where its steps are all written out, or one a turn, the first replaces the sums:
 * an addition less. In the total the bits are those of zeros before it: only the sign of a zero may differ, which an addition to +0 loses.
 */
function blockProducts(
  f: FunctionBuilder,
  sums: Sums,
  x: PointerLocal,
  rows: readonly (number | undefined)[],
  w: PointerLocal,
  steps: number,
  unroll: number,
): void {
  const vectors = sums[0]?.length ?? 0;
  const written = steps <= unroll ? steps : unroll === 1 ? 1 : 0;
  if (written === 0) for (const sum of sums.flat()) sum.set(0);
  for (let step = 0; step < written; step++) {
    const columns = Array.from({ length: vectors }, (_, v) => w.f32x4(4 * (step * vectors + v)));
    const shifted = rows.map((offset) => (offset === undefined ? undefined : offset + step));
    outerProduct(f, sums, x, shifted, columns, step === 0);
  }
  if (written === steps) return;
  x.advance(written);
  w.advance(written * 4 * vectors);
  innerProducts(f, sums, x, rows, w, steps - written, unroll);
}

/** `steps` steps along the contiguous elements of x and the packed rows of w, `unroll` of them a turn where that divides. */
function innerProducts(
  f: FunctionBuilder,
  sums: Sums,
  x: PointerLocal,
  rows: readonly (number | undefined)[],
  w: PointerLocal,
  steps: number,
  unroll: number,
): void {
  const vectors = sums[0]?.length ?? 0;
  const together = largestDivisor(steps, unroll);
  const strides = [[x, together] as const, [w, together * 4 * vectors] as const];
  f.walk(steps / together, strides, () => {
    for (let step = 0; step < together; step++) {
      const columns = Array.from({ length: vectors }, (_, v) => w.f32x4(4 * (step * vectors + v)));
      const shifted = rows.map((offset) => (offset === undefined ? undefined : offset + step));
      outerProduct(f, sums, x, shifted, columns);
    }
  });
}

/** Takes `rows` rows through tiles of `height` rows, the rest through a smaller one; the pointers move `stride` elements a row. */
export function forEachRowTile(
  f: FunctionBuilder,
  rows: I32,
  height: number,
  strides: readonly Stride[],
  tile: (rows: number) => void,
): void {
  const tileStrides = strides.map(([pointer, stride]) => [pointer, stride * height] as const);
  f.walk(rows.divUnsigned(height), tileStrides, () => tile(height));
  const rest = f.i32(rows.remUnsigned(height));
  for (let count = 1; count < height; count++) f.if(rest.equal(count), () => tile(count));
}

/** A divisor of the steps that is at most `most`; where that would be less than half of it, `most` itself and a smaller last block. */
function blockSteps(steps: number, most: number): number {
  const divisor = largestDivisor(steps, most);
  return divisor === steps || 2 * divisor >= most ? divisor : most;
}

function largestDivisor(steps: number, most: number): number {
  let divisor = Math.min(most, steps);
  while (steps % divisor !== 0) divisor--;
  return divisor;
}
