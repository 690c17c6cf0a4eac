import { apart } from "./matrices.ts";
import { forEachPanel } from "./panels.ts";
import type { PointwiseShape } from "./pointwise.ts";
import { forEachChannelTile } from "./pointwiseWeightGradient.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";
import { TILE_COLUMNS } from "./registerTile.ts";
import { blocksAlong, productCount, type StrassenLevels } from "./strassen.ts";
import { factorPass, resultPass } from "./strassenPasses.ts";

const BLOCK_ROWS = 64; // pixels of a block: a tile's inner loop should be long against loading and storing its sums

/**
 * dw[c, oc] (+)= Σ_p x[p, c] · dy[p, oc], the product of x transposed and dy, with 7/8 or 49/64 of the products. (images, x, dy, dw)
 *
 *     x  ──sums of blocks──→ V: 7 or 49 matrices [pixels][channels]    ┐
 *                                                                      ├─ M += Vᵀ Y: [channels][outChannels] ──sums──→ dw
 *     dy ──sums of blocks──→ Y: 7 or 49 matrices [pixels][outChannels] ┘
 *
 *     M = 0;  for chunks of pixels { V;  Y;  M += Vᵀ Y };  dw from M
 */
export function strassenWeightGradient(shape: PointwiseShape, levels: StrassenLevels, accumulate: boolean): Recipe {
  const { pixels, channels, outChannels } = shape;
  const [side, count] = [blocksAlong(levels), productCount(levels)];
  const block = { channels: channels / side, outChannels: outChannels / side };
  const inputStride = apart(BLOCK_ROWS * block.channels);
  const gradientStride = apart(BLOCK_ROWS * block.outChannels);
  const sumElements = apart(block.channels * block.outChannels);
  const scratchElements = count * (sumElements + inputStride + gradientStride);
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "dy", "dw"], (f, images, x, dy, dw) => {
      const sums = f.pointer(module.scratch);
      const input = f.pointer(sums.plus(count * sumElements));
      const gradient = f.pointer(input.plus(count * inputStride));
      const rows = f.i32();
      f.clear(sums, count * sumElements);
      f.chunks(images.mul(pixels), side * BLOCK_ROWS, (chunkRows) => {
        rows.set(chunkRows.shiftRightUnsigned(levels));
        f.call(factorPass(module, { levels, columns: channels, stride: inputStride }, "transposed left"), x, input, rows);
        f.call(factorPass(module, { levels, columns: outChannels, stride: gradientStride }, "right"), dy, gradient, rows);
        f.call(productPass(module, { count, block, inputStride, gradientStride }), input, gradient, sums, rows);
        x.advance(chunkRows.mul(channels));
        dy.advance(chunkRows.mul(outChannels));
      });
      f.call(resultPass(module, { levels, columns: outChannels, stride: sumElements }, accumulate), dw, sums, f.i32(block.channels));
    });
  return { scratchElements, generate };
}

interface TransposedProducts {
  readonly count: number;
  readonly block: Pick<PointwiseShape, "channels" | "outChannels">;
  readonly inputStride: number;
  readonly gradientStride: number;
}

/** M += Vᵀ Y of a chunk: (V, Y, M, pixels). */
function productPass(module: KernelModule, products: TransposedProducts) {
  const { count, block, inputStride, gradientStride } = products;
  const { channels, outChannels } = block;
  return module.builder.shared(`strassenGradientProducts ${JSON.stringify(products)}`, () =>
    module.builder.function(["pointer", "pointer", "pointer", "i32"], (f, input, gradient, sums, pixels) => {
      const strides = [
        [input, inputStride],
        [gradient, gradientStride],
        [sums, apart(channels * outChannels)],
      ] as const;
      f.walk(count, strides, () => {
        const panelStrides = [gradient, sums].map((pointer) => ({ pointer, panel: TILE_COLUMNS, group: 0 }));
        const factors = { x: input, xTile: undefined, dy: gradient, dyStride: outChannels, dw: sums, pixels };
        forEachPanel(f, { groups: 1, depth: channels, outputs: outChannels }, panelStrides, (lanes) =>
          forEachChannelTile(f, module, block, lanes, factors),
        );
      });
    }),
  );
}
