import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import { range } from "./axis.ts";
import { forEachVector } from "./lanes.ts";
import type { KernelModule } from "./recipe.ts";
import { type BlockPlace, blocksAlong, factorSums, resultSums, type StrassenLevels } from "./strassen.ts";

/**
 * A matrix in 2×2 or 4×4 blocks, and a matrix of a block's size for each product, `stride` elements from one to the next:
 *
 *     ┌─────┬─────┐                    ┌─────┐ ┌─────┐   ┌─────┐
 *     │  11 │  12 │   sums of blocks   │  0  │ │  1  │ … │  6  │     four elements of a row of all blocks at a time:
 *     ├─────┼─────┤  ────────────────→ └─────┘ └─────┘   └─────┘     every block is read once, every sum written once
 *     │  21 │  22 │  ←────────────────
 *     └─────┴─────┘  sums of products
 */
export interface BlockedMatrix {
  readonly levels: StrassenLevels;
  readonly columns: number;
  readonly stride: number;
}

/** What a matrix is in the products: their left factor, its transpose their left factor, or their right factor. */
export type Role = "left" | "transposed left" | "right";

/** The factors of all products: (matrix, first factor, rows of a block). */
export function factorPass(module: KernelModule, matrix: BlockedMatrix, role: Role) {
  const { levels, columns, stride } = matrix;
  const side = range(blocksAlong(levels));
  const width = columns / side.length;
  return module.builder.shared(`strassenFactors ${role} ${levels} ${columns} ${stride}`, () =>
    module.builder.function(["pointer", "pointer", "i32"], (f, from, factors, rows) => {
      forEachBlockRow(f, matrix, from, rows, (blockRows) => {
        forEachVector(f, width, [...blockRows, factors], (lanes) => {
          const blocks = blockRows.map((row) => side.map((column) => f.f32x4(row.lanes(lanes, column * width))));
          const block = ({ row, column }: BlockPlace) => (role === "transposed left" ? blocks[column][row] : blocks[row][column]);
          factorSums(f, role === "right" ? "right" : "left", levels, block, (product, sum) => {
            factors.store(sum, product * stride, lanes);
          });
        });
      });
    }),
  );
}

/** The matrix from its products, stored or added: (matrix, first product, rows of a block). */
export function resultPass(module: KernelModule, matrix: BlockedMatrix, accumulate: boolean) {
  const { levels, columns, stride } = matrix;
  const width = columns / blocksAlong(levels);
  return module.builder.shared(`strassenResult ${levels} ${columns} ${stride} ${accumulate}`, () =>
    module.builder.function(["pointer", "pointer", "i32"], (f, to, products, rows) => {
      forEachBlockRow(f, matrix, to, rows, (blockRows) => {
        forEachVector(f, width, [...blockRows, products], (lanes) => {
          const product = (index: number) => products.lanes(lanes, index * stride);
          resultSums(f, levels, product, ({ row, column }, sum) => {
            const [block, offset] = [blockRows[row], column * width];
            block.store(accumulate ? f.f32x4(block.lanes(lanes, offset).add(sum)) : sum, offset, lanes);
          });
        });
      });
    }),
  );
}

/** For each row of a block: pointers to that row of all blocks of the first column, which the body moves on by a block's width. */
function forEachBlockRow(
  f: FunctionBuilder,
  { levels, columns }: BlockedMatrix,
  matrix: PointerLocal,
  rows: I32,
  body: (blockRows: readonly PointerLocal[]) => void,
): void {
  const side = range(blocksAlong(levels));
  const blockRows = side.map((row) => f.pointer(matrix.plus(rows.mul(row * columns))));
  f.loop(rows, () => {
    body(blockRows);
    for (const row of blockRows) row.advance(columns - columns / side.length);
  });
}
