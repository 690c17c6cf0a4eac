import type { LaneCount } from "../../wasm/pointer.ts";
import { type FilterMatrix, forwardFilter, transposedFilter } from "./filterMatrix.ts";
import { apart } from "./matrices.ts";
import { matrixProducts, packedStride } from "./matrixProducts.ts";
import { forEachPanel } from "./panels.ts";
import type { PointwiseShape } from "./pointwise.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";
import { TILE_COLUMNS } from "./registerTile.ts";
import { type BlockPlace, blocksAlong, factorSums, productCount, type StrassenLevels } from "./strassen.ts";
import { factorPass, resultPass } from "./strassenPasses.ts";

/** y = x w, or with the transpose of w. */
interface Product {
  readonly levels: StrassenLevels;
  readonly pixels: number;
  /** Columns of x, and of y. */
  readonly depth: number;
  readonly outputs: number;
  readonly accumulate: boolean;
  readonly weights: FilterMatrix;
}

const BLOCK_ROWS = 48; // rows of a block that go through together: with them the factors stay in the second-level cache

/** A 1×1 convolution, y[row, oc] = Σ_c x[row, c] w[c, oc], with 7/8 or 49/64 of the products. (images, x, w, y) */
export function strassenProduct({ pixels, channels, outChannels }: PointwiseShape, levels: StrassenLevels): Recipe {
  const weights = forwardFilter(channels, outChannels);
  return strassenRecipe({ levels, pixels, depth: channels, outputs: outChannels, accumulate: false, weights });
}

/** dx[row, c] (+)= Σ_oc dy[row, oc] w[c, oc]. (images, dy, w, dx) */
export function strassenInputGradient(
  { pixels, channels, outChannels }: PointwiseShape,
  levels: StrassenLevels,
  accumulate: boolean,
): Recipe {
  const weights = transposedFilter(channels, outChannels);
  return strassenRecipe({ levels, pixels, depth: outChannels, outputs: channels, accumulate, weights });
}

/**
 *     x ──sums of blocks──→ V: 7 or 49 matrices [rows][channels]    ┐
 *                                                                   ├─ products → M: [rows][outputs] ──sums──→ y
 *     w ──sums of blocks──→ U: 7 or 49 matrices [channels][outputs] ┘
 *
 *     U once;  for chunks of rows { V;  M;  y }
 *
 * The rows of a chunk are cut into 2 or 4 blocks as its columns are.
 */
function strassenRecipe(product: Product): Recipe {
  const { levels, pixels, depth, outputs, accumulate } = product;
  const [side, count] = [blocksAlong(levels), productCount(levels)];
  const [blockDepth, blockOutputs] = [depth / side, outputs / side];
  const inputStride = apart(BLOCK_ROWS * blockDepth);
  const outputStride = apart(BLOCK_ROWS * blockOutputs);
  const weightElements = count * packedStride(blockDepth, blockOutputs);
  const scratchElements = weightElements + count * (inputStride + outputStride);
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "w", "y"], (f, images, x, w, y) => {
      const weights = f.pointer(module.scratch);
      const input = f.pointer(weights.plus(weightElements));
      const products = f.pointer(input.plus(count * inputStride));
      const rows = f.i32();
      f.call(weightPass(module, product), w, weights);
      f.chunks(images.mul(pixels), side * BLOCK_ROWS, (chunkRows) => {
        rows.set(chunkRows.shiftRightUnsigned(levels));
        f.call(factorPass(module, { levels, columns: depth, stride: inputStride }, "left"), x, input, rows);
        const shape = { count, depth: blockDepth, outputs: blockOutputs, inputStride, outputStride };
        f.call(matrixProducts(module, shape), input, weights, products, rows);
        f.call(resultPass(module, { levels, columns: outputs, stride: outputStride }, accumulate), y, products, rows);
        x.advance(chunkRows.mul(depth));
        y.advance(chunkRows.mul(outputs));
      });
    });
  return { scratchElements, generate };
}

/** The right factors of all products, each packed in panels: (w, U). */
function weightPass(module: KernelModule, product: Product) {
  const { levels, depth, outputs, weights } = product;
  const side = blocksAlong(levels);
  const [blockDepth, blockOutputs] = [depth / side, outputs / side];
  return module.builder.shared(`strassenWeights ${weights.key} ${levels} ${depth} ${outputs}`, () =>
    module.builder.function(["pointer", "pointer"], (f, w, packed) => {
      const strides = [
        { pointer: w, panel: weights.panelStep, group: 0 },
        { pointer: packed, panel: TILE_COLUMNS * blockDepth, group: 0 },
      ];
      forEachPanel(f, { groups: 1, depth: blockDepth, outputs: blockOutputs }, strides, (lanes) =>
        f.call(weightPanel(module, product, lanes), w, packed),
      );
    }),
  );
}

function weightPanel(module: KernelModule, { levels, depth, outputs, weights }: Product, lanes: readonly LaneCount[]) {
  const side = blocksAlong(levels);
  const [blockDepth, blockOutputs] = [depth / side, outputs / side];
  const matrix = packedStride(blockDepth, blockOutputs);
  return module.builder.shared(`strassenPanel ${weights.key} ${levels} ${depth} ${outputs} ${lanes}`, () =>
    module.builder.function(["pointer", "pointer"], (f, w, panel) => {
      f.walk(blockDepth, [[w, weights.rowStep] as const, [panel, 4 * lanes.length] as const], () => {
        lanes.forEach((count, v) => {
          const load = ({ row, column }: BlockPlace) =>
            weights.load(w, { tap: 0, row: row * blockDepth, column: column * blockOutputs + 4 * v }, count);
          factorSums(f, "right", levels, load, (index, sum) => panel.store(sum, index * matrix + 4 * v));
        });
      });
    }),
  );
}
