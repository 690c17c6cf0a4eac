import type { FunctionBuilder } from "../../wasm/functionBuilder.ts";
import type { I32 } from "../../wasm/integers.ts";
import type { PointerLocal } from "../../wasm/locals.ts";
import type { CopyChannelsShape } from "../kernels.ts";
import { outputSize } from "../outputSize.ts";
import { forEachChannelGroup } from "./lanes.ts";
import { type Recipe, recipe } from "./recipe.ts";

/**
 * Copies channels [fromOffset, fromOffset + channels) of every `stride`-th pixel into channels [toOffset, …) of y: a concatenation, or
 * (with `zeroRest`) the shortcut that pads with zeros. (images, x, y)
 */
export function copyChannels(shape: CopyChannelsShape, zeroRest: boolean): Recipe {
  const { channels, fromOffset, toOffset, toChannels } = shape;
  return recipe(["x", "y"], (f, images, x, y) => {
    const [source, target] = [f.pointer(), f.pointer()];
    forEachPixelPair(f, shape, images, x, y, (from, to) => {
      source.set(from.plus(fromOffset));
      target.set(to.plus(zeroRest ? 0 : toOffset));
      if (zeroRest) fillZeros(f, toOffset, target);
      forEachVector(f, channels, [source, target], (lanes, at) => target.store(source.lanes(lanes, at), at, lanes));
      if (zeroRest) fillZeros(f, toChannels - toOffset - channels, target);
    });
  });
}

/** The transpose: dx (+)= that channel range of dy, zero elsewhere. (images, dy, dx) */
export function copyChannelsBackward(shape: CopyChannelsShape, accumulate: boolean): Recipe {
  const { height, width, channels, fromChannels, fromOffset, toOffset, stride } = shape;
  const coversAll = channels === fromChannels && stride === 1;
  return recipe(["dy", "dx"], (f, images, dy, dx) => {
    if (!accumulate && !coversAll) f.clear(dx, images.mul(height * width * fromChannels));
    const [source, target] = [f.pointer(), f.pointer()];
    forEachPixelPair(f, shape, images, dx, dy, (to, from) => {
      source.set(from.plus(toOffset));
      target.set(to.plus(fromOffset));
      forEachVector(f, channels, [source, target], (lanes, at) => {
        const value = source.lanes(lanes, at);
        target.store(f.f32x4(accumulate ? target.lanes(lanes, at).add(value) : value), at, lanes);
      });
    });
  });
}

/** Every pixel of the smaller map with the pixel of the larger one that it is joined to. */
function forEachPixelPair(
  f: FunctionBuilder,
  shape: CopyChannelsShape,
  images: I32,
  large: PointerLocal,
  small: PointerLocal,
  body: (large: PointerLocal, small: PointerLocal) => void,
): void {
  const { height, width, stride, fromChannels, toChannels } = shape;
  if (stride === 1) {
    const strides = [[large, fromChannels] as const, [small, toChannels] as const];
    f.walk(images.mul(height * width), strides, () => body(large, small));
    return;
  }
  const [row, pixel] = [f.pointer(), f.pointer()];
  f.walk(images, [[large, height * width * fromChannels]], () => {
    row.set(large);
    f.walk(outputSize(height, 1, stride, 0), [[row, stride * width * fromChannels]], () => {
      pixel.set(row);
      const strides = [[pixel, stride * fromChannels] as const, [small, toChannels] as const];
      f.walk(outputSize(width, 1, stride, 0), strides, () => body(pixel, small));
    });
  });
}

type VectorBody = (lanes: 1 | 2 | 3 | 4, at: number) => void;

function forEachVector(f: FunctionBuilder, channels: number, pointers: readonly PointerLocal[], body: VectorBody): void {
  forEachChannelGroup(f, channels, pointers, (group) => {
    group.forEach((lanes, v) => {
      body(lanes, 4 * v);
    });
  });
}

function fillZeros(f: FunctionBuilder, channels: number, target: PointerLocal): void {
  const zero = f.f32x4(0);
  forEachVector(f, channels, [target], (lanes, at) => target.store(zero, at, lanes));
}
