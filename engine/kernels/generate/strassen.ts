import type { F32x4 } from "../../wasm/f32x4.ts";
import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import { range } from "./axis.ts";

type Sign = -1 | 0 | 1;

/** A linear map of a few vectors to a few vectors that only adds and subtracts: a row of signs for each vector that comes out. */
type SignTable = readonly (readonly Sign[])[];

/**
 * Strassen, "Gaussian Elimination is not Optimal", 1969: two matrices of 2×2 blocks are multiplied with seven products of blocks in
 * place of eight.
 *
 *     M0 = (A11 + A22)(B11 + B22)                            C11 = M0 + M3 − M4 + M6
 *     M1 = (A21 + A22) B11          M4 = (A11 + A12) B22     C12 = M2 + M4
 *     M2 = A11 (B12 − B22)          M5 = (A21 − A11)(B11 + B12)    C21 = M1 + M3
 *     M3 = A22 (B21 − B11)          M6 = (A12 − A22)(B21 + B22)    C22 = M0 − M1 + M2 + M5
 *
 * The columns of `left` and `right` are the blocks 11, 12, 21, 22, those of `result` the products.
 * (Winograd's variant has three additions fewer and longer chains of them: this one errs less, and each sum stands for itself.)
 */
const STRASSEN = {
  left: [
    [1, 0, 0, 1],
    [0, 0, 1, 1],
    [1, 0, 0, 0],
    [0, 0, 0, 1],
    [1, 1, 0, 0],
    [-1, 0, 1, 0],
    [0, 1, 0, -1],
  ],
  right: [
    [1, 0, 0, 1],
    [1, 0, 0, 0],
    [0, 1, 0, -1],
    [-1, 0, 1, 0],
    [0, 0, 0, 1],
    [1, 1, 0, 0],
    [0, 0, 1, 1],
  ],
  result: [
    [1, 0, 0, 1, -1, 0, 1],
    [0, 0, 1, 0, 1, 0, 0],
    [0, 1, 0, 1, 0, 0, 0],
    [1, -1, 1, 0, 0, 1, 0],
  ],
} as const satisfies Record<string, SignTable>;

/** How often the algorithm is applied: the seven products may be done by it, too. */
export type StrassenLevels = 1 | 2;

/** Blocks along a side of each matrix. */
export const blocksAlong = (levels: StrassenLevels): number => 2 ** levels;

/** Products of blocks: 7, or 49 in place of 64. */
export const productCount = (levels: StrassenLevels): number => 7 ** levels;

/** Where a block is in its matrix. */
export interface BlockPlace {
  readonly row: number;
  readonly column: number;
}

/** The sums of blocks that are the left or right factors of the products. */
export function factorSums(
  f: FunctionBuilder,
  side: "left" | "right",
  levels: StrassenLevels,
  load: (block: BlockPlace) => F32x4,
  store: (product: number, sum: F32x4) => void,
): void {
  nestedSums(
    f,
    STRASSEN[side],
    levels,
    (path) => load(placeOf(path)),
    (path, sum) => store(productOf(path), sum),
  );
}

/** The blocks of the result, each a sum of products. */
export function resultSums(
  f: FunctionBuilder,
  levels: StrassenLevels,
  load: (product: number) => F32x4,
  store: (block: BlockPlace, sum: F32x4) => void,
): void {
  nestedSums(
    f,
    STRASSEN.result,
    levels,
    (path) => load(productOf(path)),
    (path, sum) => store(placeOf(path), sum),
  );
}

/** Indices of blocks or products, those of the outermost level first. */
type Path = readonly number[];

/** The table applied at every level: the outermost level's sums are what the next one adds up. */
function nestedSums(
  f: FunctionBuilder,
  table: SignTable,
  levels: number,
  load: (path: Path) => F32x4,
  store: (path: Path, sum: F32x4) => void,
): void {
  table.forEach((signs, out) => {
    if (levels === 1) {
      store(
        [out],
        signedSum(signs, (index) => load([index])),
      );
      return;
    }
    const inner = range(signs.length).map((last) => f.f32x4(signedSum(signs, (index) => load([index, last]))));
    nestedSums(
      f,
      table,
      levels - 1,
      ([index]) => inner[index],
      (path, sum) => store([out, ...path], sum),
    );
  });
}

/** What is added comes first, then what is subtracted: no table has a row without something to add. */
function signedSum(signs: readonly Sign[], term: (index: number) => F32x4): F32x4 {
  const terms = (sign: Sign) => signs.flatMap((other, index) => (other === sign ? [term(index)] : []));
  const added = terms(1).reduce((sum, next) => sum.add(next));
  return terms(-1).reduce((sum, next) => sum.sub(next), added);
}

function productOf(path: Path): number {
  return path.reduce((product, index) => 7 * product + index, 0);
}

function placeOf(path: Path): BlockPlace {
  const along = (bit: (index: number) => number) => path.reduce((place, index) => 2 * place + bit(index), 0);
  return { row: along((index) => index >> 1), column: along((index) => index & 1) };
}
