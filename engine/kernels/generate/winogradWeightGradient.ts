import type { Conv2dShape } from "../kernels.ts";
import { forEachPanel } from "./panels.ts";
import { forEachChannelTile } from "./pointwiseWeightGradient.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";
import { TILE_COLUMNS } from "./registerTile.ts";
import { factorsOf, gradientTile, matrixStride, transform2d, type WinogradGeometry } from "./winogradTile.ts";
import { inputPass, tilesPerImage, uniformPass } from "./winogradTiles.ts";

/**
 *     x   ──Bᵀ·B──→  V: points² matrices [tiles][channels]    ┐
 *                                                             ├─ dU += Vᵀ · Y: points² matrices [channels][outChannels] ──Aᵀ·A──→ dw
 *     dy  ──G·Gᵀ──→  Y: points² matrices [tiles][outChannels] ┘
 *
 * The products are added up tile by tile over all images, and transformed once at the end. (images, x, dy, dw)
 */
export function winogradWeightGradient(shape: Conv2dShape, geometry: WinogradGeometry, accumulate: boolean): Recipe {
  const { channels, outChannels } = shape;
  const { points } = geometry.filtering;
  const filterElements = points ** 2 * channels * outChannels;
  const inputElements = points ** 2 * matrixStride(geometry, channels);
  const scratchElements = filterElements + inputElements + points ** 2 * matrixStride(geometry, outChannels);
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "dy", "dw"], (f, images, x, dy, dw) => {
      const products = f.pointer(module.scratch);
      const input = f.pointer(products.plus(filterElements));
      const gradient = f.pointer(input.plus(inputElements));
      f.clear(products, filterElements);
      const gradientPass = uniformPass(module, "winogradGradientPass", geometry, outChannels, gradientTile(module, geometry, outChannels));
      const first = f.i32(0);
      f.chunks(images.mul(tilesPerImage(geometry)), geometry.chunk, (count) => {
        f.call(inputPass(module, geometry, channels), x, input, first, count);
        f.call(gradientPass, dy, gradient, first, count);
        f.call(productPass(module, shape, geometry), input, gradient, products, count);
        first.increase(count);
      });
      f.call(filterGradient(module, shape, geometry, accumulate), products, dw);
    });
  return { scratchElements, generate };
}

/** dU += Vᵀ · Y for a chunk of tiles: (V, Y, dU, tiles). */
function productPass(module: KernelModule, shape: Conv2dShape, geometry: WinogradGeometry) {
  const { channels, outChannels } = shape;
  const { points } = geometry.filtering;
  return module.builder.shared(`winogradGradientProducts ${points} ${geometry.chunk} ${channels} ${outChannels}`, () =>
    module.builder.function(["pointer", "pointer", "pointer", "i32"], (f, input, gradient, products, count) => {
      const strides = [
        [input, matrixStride(geometry, channels)],
        [gradient, matrixStride(geometry, outChannels)],
        [products, channels * outChannels],
      ] as const;
      f.walk(points ** 2, strides, () => {
        const panelStrides = [gradient, products].map((pointer) => ({ pointer, panel: TILE_COLUMNS, group: 0 }));
        forEachPanel(f, { groups: 1, depth: channels, outputs: outChannels }, panelStrides, (lanes) =>
          forEachChannelTile(f, module, { channels, outChannels }, lanes, { x: input, dy: gradient, dw: products, pixels: count }),
        );
      });
    }),
  );
}

/** dw (+)= Aᵀ dU A, for four weights of every tap at a time: (dU, dw). */
function filterGradient(module: KernelModule, shape: Conv2dShape, geometry: WinogradGeometry, accumulate: boolean) {
  const { filterGradient: transform, points } = geometry.filtering;
  const tap = shape.channels * shape.outChannels;
  return module.builder.shared(`winogradFilterGradient ${points} ${tap} ${accumulate}`, () =>
    module.builder.function(["pointer", "pointer"], (f, products, dw) => {
      const factor = factorsOf(f, transform);
      f.walk(tap / 4, [[products, 4] as const, [dw, 4] as const], () => {
        const load = (row: number, column: number) => products.f32x4((row * points + column) * tap);
        transform2d(f, transform, points, factor, load, (row, column, term) => {
          const offset = (row * 3 + column) * tap;
          const value = f.f32x4(term ?? 0);
          dw.store(accumulate ? dw.f32x4(offset).add(value) : value, offset);
        });
      });
    }),
  );
}
