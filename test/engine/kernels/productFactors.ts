import { FACTOR_FLUSHED_BELOW } from "../../../engine/kernels/flushThresholds.ts";
import type { Address, Conv2dShape, Kernel, Kernels } from "../../../engine/kernels/kernels.ts";
import { outputSize } from "../../../engine/kernels/outputSize.ts";
import type { EngineCore } from "../../../engine/model/core.ts";

export function tooSmall(values: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0 && Math.abs(values[i]) < FACTOR_FLUSHED_BELOW) count += 1;
  return count;
}

export interface WatchedCore {
  readonly core: EngineCore;
  /** Products that have run since the last time, and the numbers in what they read that are too small for a factor. */
  take(): { readonly products: number; readonly tooSmall: number };
}

/** A core whose convolutions look at what they are about to read. */
export function watchedCore(core: EngineCore): WatchedCore {
  let [products, found] = [0, 0];
  const watched =
    (kernel: Kernel, first: number, second: number, perImage: readonly [boolean, boolean]): Kernel =>
    (images, ...addresses) => {
      const look = (address: Address | undefined, elements: number, eachImage: boolean): void => {
        if (address === undefined) throw new Error("a product was expected to have two operands");
        found += tooSmall(core.memory.f32.subarray(address, address + elements * (eachImage ? images : 1)));
      };
      look(addresses[0], first, perImage[0]);
      look(addresses[1], second, perImage[1]);
      products += 1;
      kernel(images, ...addresses);
    };
  const { kernels } = core;
  const watching: Kernels = {
    ...kernels,
    conv2d: (s) => watched(kernels.conv2d(s), input(s), filter(s), [true, false]),
    conv2dInputGradient: (s, adds) => watched(kernels.conv2dInputGradient(s, adds), output(s), filter(s), [true, false]),
    conv2dWeightGradient: (s, adds) => watched(kernels.conv2dWeightGradient(s, adds), input(s), output(s), [true, true]),
  };
  return {
    core: { ...core, kernels: watching },
    take: () => {
      const taken = { products, tooSmall: found };
      [products, found] = [0, 0];
      return taken;
    },
  };
}

function input({ height, width, channels }: Conv2dShape): number {
  return height * width * channels;
}

function output({ height, width, outChannels, kernelHeight, kernelWidth, stride, padding, dilation }: Conv2dShape): number {
  return (
    outputSize(height, kernelHeight, stride, padding, dilation) * outputSize(width, kernelWidth, stride, padding, dilation) * outChannels
  );
}

function filter({ kernelHeight, kernelWidth, channels, outChannels, groups }: Conv2dShape): number {
  return (kernelHeight * kernelWidth * channels * outChannels) / groups;
}
