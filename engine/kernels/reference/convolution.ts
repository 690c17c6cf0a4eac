import type { Conv2dShape, Kernels } from "../kernels.ts";
import { outputSize } from "../outputSize.ts";
import type { ReferenceMemorySource } from "../reference.ts";
import { flushFactor } from "./flush.ts";

type ConvolutionKernels = Pick<
  Kernels,
  "conv2d" | "conv2dInputGradient" | "conv2dWeightGradient" | "addBias" | "biasGradient" | "biasReluGradient"
>;

/** The three passes are one sum, y[oc] = Σ x[ic] · w[tap, ic, oc], solved for each of its letters. */
export function convolutionReference(memory: ReferenceMemorySource): ConvolutionKernels {
  return {
    conv2d: (shape) => (images, x, w, y) => {
      const h = memory().f32;
      const sums = new Float64Array(images * outputElements(shape));
      forEachTap(images, shape, (xPixel, wTap, yPixel) => {
        forEachChannelPair(shape, (ic, oc, weight) => {
          sums[yPixel + oc] += h[x + xPixel + ic] * h[w + wTap + weight];
        });
      });
      store(h, y, sums, false);
    },
    conv2dInputGradient: (shape, accumulate) => (images, dy, w, dx) => {
      const h = memory().f32;
      const sums = new Float64Array(images * shape.height * shape.width * shape.channels);
      forEachTap(images, shape, (xPixel, wTap, yPixel) => {
        forEachChannelPair(shape, (ic, oc, weight) => {
          sums[xPixel + ic] += h[dy + yPixel + oc] * h[w + wTap + weight];
        });
      });
      store(h, dx, sums, accumulate);
    },
    conv2dWeightGradient: (shape, accumulate) => (images, x, dy, dw) => {
      const h = memory().f32;
      const sums = new Float64Array(shape.kernelHeight * shape.kernelWidth * tapElements(shape));
      forEachTap(images, shape, (xPixel, wTap, yPixel) => {
        forEachChannelPair(shape, (ic, oc, weight) => {
          sums[wTap + weight] += h[x + xPixel + ic] * h[dy + yPixel + oc];
        });
      });
      store(h, dw, sums, accumulate);
    },
    addBias: (channels, relu) => (pixels, b, y) => {
      const h = memory().f32;
      for (let i = 0; i < pixels * channels; i++) {
        const sum = h[y + i] + h[b + (i % channels)];
        h[y + i] = flushFactor(relu && sum < 0 ? 0 : sum);
      }
    },
    biasGradient: (channels, accumulate) => (pixels, dy, db) => {
      const h = memory().f32;
      const sums = new Float64Array(channels);
      for (let p = 0; p < pixels; p++) for (let c = 0; c < channels; c++) sums[c] += h[dy + p * channels + c];
      store(h, db, sums, accumulate);
    },
    biasReluGradient: (channels, accumulate) => (pixels, y, dy, db) => {
      const h = memory().f32;
      const sums = new Float64Array(channels);
      for (let i = 0; i < pixels * channels; i++) {
        h[dy + i] = h[y + i] > 0 ? flushFactor(h[dy + i]) : 0;
        sums[i % channels] += h[dy + i];
      }
      store(h, db, sums, accumulate);
    },
  };
}

/** Every pair of an input pixel and an output pixel that a filter tap joins, as offsets of their first elements. */
function forEachTap(images: number, shape: Conv2dShape, visit: (xPixel: number, wTap: number, yPixel: number) => void): void {
  const { height, width, channels, outChannels, kernelHeight, kernelWidth, stride, padding, dilation } = shape;
  const [outHeight, outWidth] = outputMap(shape);
  for (let image = 0; image < images; image++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const yPixel = ((image * outHeight + oy) * outWidth + ox) * outChannels;
        for (let ky = 0; ky < kernelHeight; ky++) {
          const iy = oy * stride - padding + ky * dilation;
          if (iy < 0 || iy >= height) continue;
          for (let kx = 0; kx < kernelWidth; kx++) {
            const ix = ox * stride - padding + kx * dilation;
            if (ix < 0 || ix >= width) continue;
            visit(((image * height + iy) * width + ix) * channels, (ky * kernelWidth + kx) * tapElements(shape), yPixel);
          }
        }
      }
    }
  }
}

/** Every (input channel, output channel) of the same group, with the place of their weight within the tap. */
function forEachChannelPair(shape: Conv2dShape, visit: (ic: number, oc: number, weight: number) => void): void {
  const groupChannels = shape.channels / shape.groups;
  const groupOutChannels = shape.outChannels / shape.groups;
  for (let ic = 0; ic < shape.channels; ic++) {
    const first = Math.floor(ic / groupChannels) * groupOutChannels;
    const row = (ic % groupChannels) * shape.outChannels;
    for (let oc = first; oc < first + groupOutChannels; oc++) visit(ic, oc, row + oc);
  }
}

function tapElements(shape: Conv2dShape): number {
  return (shape.channels / shape.groups) * shape.outChannels;
}

function outputMap(shape: Conv2dShape): readonly [number, number] {
  const { stride, padding, dilation } = shape;
  return [
    outputSize(shape.height, shape.kernelHeight, stride, padding, dilation),
    outputSize(shape.width, shape.kernelWidth, stride, padding, dilation),
  ];
}

function outputElements(shape: Conv2dShape): number {
  const [outHeight, outWidth] = outputMap(shape);
  return outHeight * outWidth * shape.outChannels;
}

function store(h: Float32Array | Float64Array, address: number, sums: Float64Array, accumulate: boolean): void {
  for (let i = 0; i < sums.length; i++) h[address + i] = accumulate ? h[address + i] + sums[i] : sums[i];
}
