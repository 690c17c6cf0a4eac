import { streamWord } from "../../random/hash32.ts";
import type { CopyChannelsShape, Kernels } from "../kernels.ts";
import { outputSize } from "../outputSize.ts";
import type { ReferenceMemorySource } from "../reference.ts";
import { flushFactor } from "./flush.ts";

type CopyKernels = Pick<Kernels, "add" | "flush" | "copy" | "scale" | "copyChannels" | "copyChannelsBackward" | "dropout" | "multiply">;

export function copyReference(memory: ReferenceMemorySource): CopyKernels {
  return { ...elementwiseReference(memory), ...copyChannelsReference(memory) };
}

function elementwiseReference(memory: ReferenceMemorySource): Pick<Kernels, "add" | "flush" | "copy" | "scale" | "dropout" | "multiply"> {
  return {
    add: () => (elements, a, b, y) => {
      const h = memory().f32;
      for (let i = 0; i < elements; i++) h[y + i] = flushFactor(h[a + i] + h[b + i]);
    },
    flush: () => (elements, x) => {
      const h = memory().f32;
      for (let i = 0; i < elements; i++) h[x + i] = flushFactor(h[x + i]);
    },
    copy: (accumulate) => (elements, x, y) => {
      const h = memory().f32;
      for (let i = 0; i < elements; i++) h[y + i] = accumulate ? h[y + i] + h[x + i] : h[x + i];
    },
    scale: (factor) => (elements, x, y) => {
      const h = memory().f32;
      for (let i = 0; i < elements; i++) h[y + i] = flushFactor(Math.fround(factor) * h[x + i]);
    },
    dropout: (rate) => (elements, x, key, y, mask) => {
      const { f32, i32 } = memory();
      const dropped = Math.round(rate * 0x1_0000_0000); // an element is dropped when its random word, unsigned, is below this
      for (let i = 0; i < elements; i++) {
        f32[mask + i] = streamWord(i32[key], i32[key + 1], i) < dropped ? 0 : Math.fround(1 / (1 - rate));
        f32[y + i] = flushFactor(f32[x + i] * f32[mask + i]);
      }
    },
    multiply: (accumulate) => (elements, dy, mask, dx) => {
      const h = memory().f32;
      for (let i = 0; i < elements; i++) h[dx + i] = flushFactor((accumulate ? h[dx + i] : 0) + h[dy + i] * h[mask + i]);
    },
  };
}

function copyChannelsReference(memory: ReferenceMemorySource): Pick<Kernels, "copyChannels" | "copyChannelsBackward"> {
  return {
    copyChannels: (shape, zeroRest) => (images, x, y) => {
      const h = memory().f32;
      const [outHeight, outWidth] = outputMap(shape);
      if (zeroRest) h.fill(0, y, y + images * outHeight * outWidth * shape.toChannels);
      forEachPixel(images, shape, (from, to) => {
        for (let c = 0; c < shape.channels; c++) h[y + to + c] = h[x + from + c];
      });
    },
    copyChannelsBackward: (shape, accumulate) => (images, dy, dx) => {
      const h = memory().f32;
      if (!accumulate) h.fill(0, dx, dx + images * shape.height * shape.width * shape.fromChannels);
      forEachPixel(images, shape, (from, to) => {
        for (let c = 0; c < shape.channels; c++) h[dx + from + c] += h[dy + to + c];
      });
    },
  };
}

/** Every copied pixel: the offsets of its first copied channel in the source and in the target. */
function forEachPixel(images: number, shape: CopyChannelsShape, visit: (from: number, to: number) => void): void {
  const [outHeight, outWidth] = outputMap(shape);
  for (let image = 0; image < images; image++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const from = ((image * shape.height + oy * shape.stride) * shape.width + ox * shape.stride) * shape.fromChannels;
        const to = ((image * outHeight + oy) * outWidth + ox) * shape.toChannels;
        visit(from + shape.fromOffset, to + shape.toOffset);
      }
    }
  }
}

/** Every `stride`-th pixel from the first: the map of a 1×1 window. */
function outputMap(shape: CopyChannelsShape): readonly [number, number] {
  return [outputSize(shape.height, 1, shape.stride, 0), outputSize(shape.width, 1, shape.stride, 0)];
}
