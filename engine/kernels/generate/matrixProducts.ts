import { apart } from "./matrices.ts";
import { forEachPanel, type PanelShape } from "./panels.ts";
import { rowTile } from "./pointwise.ts";
import type { KernelModule } from "./recipe.ts";
import { forEachRowTile, partialFrom, TILE_COLUMNS, tileSize } from "./registerTile.ts";

/** Products of many matrices of rows with as many matrices of weights, of the same shape. */
export interface MatrixProducts {
  readonly count: number;
  /** Columns of the left factors. */
  readonly depth: number;
  /** Columns of the right factors and of the products. */
  readonly outputs: number;
  /** Elements from one left factor to the next, and from one product to the next. */
  readonly inputStride: number;
  readonly outputStride: number;
}

/** Elements from one matrix of weights in panels to the next: the last panel is filled up to whole vectors. */
export function packedStride(depth: number, outputs: number): number {
  return apart(depth * 4 * Math.ceil(outputs / 4));
}

/** M = V U of all of them: for the matrices { for panels of 8 outputs { tiles of 4 or 6 rows } }. (V, U in panels, M, rows) */
export function matrixProducts(module: KernelModule, products: MatrixProducts) {
  const { count, depth, outputs, inputStride, outputStride } = products;
  const { rows: height } = tileSize(module.builder.fused);
  const panels: PanelShape = { groups: 1, depth, outputs };
  return module.builder.shared(`matrixProducts ${JSON.stringify(products)}`, () =>
    module.builder.function(["pointer", "pointer", "pointer", "i32"], (f, input, weights, product, rows) => {
      const [row, out] = [f.pointer(), f.pointer()];
      const strides = [
        { pointer: product, panel: TILE_COLUMNS, group: 0 },
        { pointer: weights, panel: TILE_COLUMNS * depth, group: 0 },
      ];
      const matrixStrides = [
        [input, inputStride],
        [product, outputStride],
        [weights, packedStride(depth, outputs)],
      ] as const;
      f.walk(count, matrixStrides, () => {
        forEachPanel(f, panels, strides, (lanes) => {
          row.set(input);
          out.set(product);
          const rowStrides = [[row, depth] as const, [out, outputs] as const];
          const tile = (tileRows: number) => rowTile(module, panels, tileRows, lanes, { accumulate: false, precision: partialFrom(depth) });
          forEachRowTile(f, rows, height, rowStrides, (tileRows) => f.call(tile(tileRows), row, weights, out));
        });
      });
    }),
  );
}
