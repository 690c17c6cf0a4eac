import type { Conv2dShape } from "../kernels.ts";
import { forEachVector } from "./lanes.ts";
import { apart } from "./matrices.ts";
import { forEachPanel } from "./panels.ts";
import { forEachChannelTile } from "./pointwiseWeightGradient.ts";
import { type KernelModule, kernelFunction, type Recipe } from "./recipe.ts";
import { TILE_COLUMNS } from "./registerTile.ts";
import { outputGroup } from "./winogradGroups.ts";
import { type Borders, factorsOf, gradientTile, matrixStride, transform2d, type WinogradGeometry } from "./winogradTile.ts";
import { inputPass, outputsPass, tilesPerImage } from "./winogradTiles.ts";

/** One weight gradient: `group` outputs have their transformed sums in memory at the same time. */
interface Sums {
  readonly shape: Conv2dShape;
  readonly geometry: WinogradGeometry;
  readonly group: number;
}

/**
 *     x   ──Bᵀ·B──→  V: points² matrices [tiles][channels]    ┐
 *                                                             ├─ dU += Vᵀ · Y: points² matrices [channels][outChannels] ──Aᵀ·A──→ dw
 *     dy  ──G·Gᵀ──→  Y: points² matrices [tiles][outChannels] ┘
 *
 *     few weights:   dU = 0;  for chunks of tiles { V;  Y;  dU += Vᵀ · Y };  dw from dU
 *     many weights:  for chunks of tiles { V;  for groups of outputs { dU = 0;  Y;  dU += Vᵀ · Y;  dw += from dU } }
 *
 * dU is four times as large as dw: where it would not stay in the cache, only one group's is ever in memory. (images, x, dy, dw)
 */
export function winogradWeightGradient(shape: Conv2dShape, geometry: WinogradGeometry, accumulate: boolean): Recipe {
  const { channels, outChannels } = shape;
  const group = outputGroup(geometry.filtering.points, channels, outChannels);
  const grouped = group < outChannels;
  const sums = { shape, geometry, group };
  const { points } = geometry.filtering;
  const sumElements = points ** 2 * apart(channels * group);
  const inputElements = points ** 2 * matrixStride(geometry, channels);
  const scratchElements = sumElements + inputElements + points ** 2 * matrixStride(geometry, group);
  const generate = (module: KernelModule) =>
    kernelFunction(module, ["x", "dy", "dw"], (f, images, x, dy, dw) => {
      const products = f.pointer(module.scratch);
      const input = f.pointer(products.plus(sumElements));
      const gradient = f.pointer(input.plus(inputElements));
      if (!grouped) f.clear(products, sumElements);
      else if (!accumulate) f.clear(dw, 9 * channels * outChannels);
      const [first, arriving, filter] = [f.i32(0), f.pointer(), f.pointer()];
      f.chunks(images.mul(tilesPerImage(geometry)), geometry.chunk, (count) => {
        f.call(inputPass(module, geometry, channels), x, input, first, count);
        arriving.set(dy);
        filter.set(dw);
        f.walk(outChannels / group, [[arriving, group] as const, [filter, group] as const], () => {
          if (grouped) f.clear(products, sumElements);
          f.call(gradientPass(module, sums), arriving, gradient, first, count);
          f.call(productPass(module, sums), input, gradient, products, count);
          if (grouped) f.call(filterGradient(module, sums, true), products, filter);
        });
        first.increase(count);
      });
      if (!grouped) f.call(filterGradient(module, sums, accumulate), products, dw);
    });
  return { scratchElements, generate };
}

/** Y = G dy Gᵀ of a chunk, for the outputs of one group: (dy, Y, first tile, tiles). */
function gradientPass(module: KernelModule, { shape, geometry, group }: Sums) {
  const range = { channels: group, mapChannels: shape.outChannels };
  const tile = (borders: Borders) => gradientTile(module, geometry, range, borders);
  return outputsPass(module, "winogradGradientPass", geometry, range, tile);
}

/** dU += Vᵀ · Y for a chunk of tiles: (V, Y, dU, tiles). */
function productPass(module: KernelModule, { shape, geometry, group }: Sums) {
  const { channels } = shape;
  const { points } = geometry.filtering;
  return module.builder.shared(`winogradGradientProducts ${points} ${geometry.chunk} ${channels} ${group}`, () =>
    module.builder.function(["pointer", "pointer", "pointer", "i32"], (f, input, gradient, products, count) => {
      const strides = [
        [input, matrixStride(geometry, channels)],
        [gradient, matrixStride(geometry, group)],
        [products, apart(channels * group)],
      ] as const;
      f.walk(points ** 2, strides, () => {
        const panelStrides = [gradient, products].map((pointer) => ({ pointer, panel: TILE_COLUMNS, group: 0 }));
        const factors = { x: input, xTile: undefined, dy: gradient, dyStride: group, dw: products, pixels: count };
        forEachPanel(f, { groups: 1, depth: channels, outputs: group }, panelStrides, (lanes) =>
          forEachChannelTile(f, module, { channels, outChannels: group }, lanes, factors),
        );
      });
    }),
  );
}

/** dw (+)= Aᵀ dU A for the outputs of one group, four weights of every tap at a time: (dU, dw). */
function filterGradient(module: KernelModule, { shape, geometry, group }: Sums, accumulate: boolean) {
  const { filterGradient: transform, points } = geometry.filtering;
  const { channels, outChannels } = shape;
  const tap = channels * outChannels;
  return module.builder.shared(`winogradFilterGradient ${points} ${channels} ${outChannels} ${group} ${accumulate}`, () =>
    module.builder.function(["pointer", "pointer"], (f, products, dw) => {
      const factor = factorsOf(f, transform);
      const weight = f.pointer();
      f.walk(channels, [[dw, outChannels]], () => {
        weight.set(dw);
        forEachVector(f, group, [products, weight], (lanes) => {
          const load = (row: number, column: number) => products.lanes(lanes, (row * points + column) * apart(channels * group));
          transform2d(f, transform, points, factor, load, (row, column, term) => {
            const offset = (row * 3 + column) * tap;
            const value = f.f32x4(term ?? 0);
            weight.store(accumulate ? f.f32x4(weight.lanes(lanes, offset).add(value)) : value, offset, lanes);
          });
        });
      });
    }),
  );
}
