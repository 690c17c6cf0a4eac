import type { Conv2dShape } from "../../../engine/kernels/kernels.ts";
import { outputSize } from "../../../engine/kernels/outputSize.ts";
import { type KernelCase, random } from "./kernelCase.ts";

interface ConvolutionRow extends Partial<Conv2dShape> {
  readonly images: number;
}

const SQUARE: Conv2dShape = {
  height: 8,
  width: 8,
  channels: 8,
  outChannels: 8,
  kernelHeight: 3,
  kernelWidth: 3,
  stride: 1,
  padding: 1,
  dilation: 1,
  groups: 1,
};
const one = { kernelHeight: 1, kernelWidth: 1, padding: 0 };
const five = { kernelHeight: 5, kernelWidth: 5, padding: 2 };

/** Shapes of the models, and shapes that no model has: ragged channels, single pixels, kernels larger than the map. */
const rows: readonly ConvolutionRow[] = [
  { images: 1 },
  { images: 5, height: 12, width: 16, channels: 3, outChannels: 16 },
  { images: 2, channels: 17, outChannels: 5 },
  { images: 3, channels: 1, outChannels: 1, height: 5, width: 3 },
  { images: 2, channels: 5, outChannels: 17, height: 7, width: 6 },
  { images: 4, height: 1, width: 1, channels: 12, outChannels: 20 },
  { images: 3, height: 2, width: 2, channels: 16, outChannels: 9 },
  { images: 2, height: 3, width: 2, kernelHeight: 5, kernelWidth: 7, padding: 4, channels: 3, outChannels: 6 },
  { images: 2, height: 32, width: 32, channels: 3, outChannels: 6, ...five, padding: 0 },
  { images: 1, height: 14, width: 13, ...five, channels: 6, outChannels: 16 },
  { images: 2, stride: 2, height: 16, width: 16, channels: 16, outChannels: 32 },
  { images: 3, stride: 2, height: 9, width: 7, channels: 5, outChannels: 3 },
  { images: 1, stride: 2, padding: 0, height: 8, width: 11 },
  { images: 2, stride: 4, kernelHeight: 11, kernelWidth: 11, padding: 5, height: 32, width: 32, channels: 3, outChannels: 10 },
  { images: 2, stride: 4, ...one, height: 9, width: 10 },
  { images: 2, dilation: 2, padding: 2, height: 10, width: 9 },
  { images: 1, dilation: 2, stride: 2, padding: 1, height: 10, width: 11 },
  { images: 2, dilation: 2, stride: 3, padding: 3, height: 13, width: 17, channels: 3 },
  { images: 2, dilation: 3, padding: 3, height: 4, width: 4 },
  { images: 2, groups: 2, channels: 8, outChannels: 12 },
  { images: 2, groups: 4, channels: 20, outChannels: 12, height: 6, width: 5 },
  { images: 3, groups: 3, channels: 3, outChannels: 9, stride: 2 },
  { images: 5, ...one, channels: 17, outChannels: 5 },
  { images: 2, ...one, channels: 64, outChannels: 24, height: 6, width: 7 },
  { images: 5, ...one, height: 1, width: 1, channels: 64, outChannels: 10 },
  { images: 3, ...one, height: 1, width: 1, channels: 1, outChannels: 1 },
  { images: 2, ...one, stride: 2, channels: 16, outChannels: 33 },
  { images: 1, ...one, padding: 1, height: 3, width: 3 },
  { images: 1, channels: 256, outChannels: 300, height: 5, width: 5 },
  { images: 3, ...one, height: 1, width: 1, channels: 1024, outChannels: 600 },
  { images: 2, groups: 16, channels: 16, outChannels: 16, height: 9, width: 10 },
  { images: 3, groups: 17, channels: 17, outChannels: 17, height: 8, width: 8, stride: 2 },
  { images: 2, groups: 5, channels: 5, outChannels: 5, height: 6, width: 11, dilation: 2, padding: 2 },
  { images: 2, groups: 6, channels: 6, outChannels: 6, height: 3, width: 2, kernelHeight: 5, kernelWidth: 5, padding: 3 },
  { images: 2, groups: 4, channels: 4, outChannels: 4, height: 7, width: 7, padding: 0, stride: 2 },
  { images: 1, height: 16, width: 16, channels: 16, outChannels: 16 },
  { images: 3, height: 4, width: 4, channels: 24, outChannels: 12 },
  { images: 2, height: 12, width: 8, channels: 12, outChannels: 20 },
  { images: 5, height: 6, width: 10, channels: 8, outChannels: 16 },
  { images: 2, height: 4, width: 4, channels: 192, outChannels: 192 },
  { images: 1, height: 4, width: 4, channels: 384, outChannels: 192 },
  { images: 3, height: 2, width: 2, channels: 260, outChannels: 288 },
  { images: 3, height: 7, width: 7, channels: 16, outChannels: 24 },
  { images: 2, height: 3, width: 15, channels: 20, outChannels: 12 },
  { images: 2, height: 13, width: 2, channels: 8, outChannels: 16 },
  { images: 5, height: 3, width: 3, channels: 192, outChannels: 160 },
  { images: 1, height: 31, width: 10, channels: 12, outChannels: 8 },
  { images: 2, height: 5, width: 6, channels: 8, outChannels: 8 },
  { images: 2, height: 12, width: 12, channels: 9, outChannels: 13 },
  { images: 3, height: 10, width: 7, channels: 33, outChannels: 31 },
  { images: 2, height: 3, width: 15, channels: 10, outChannels: 34 },
  { images: 1, height: 4, width: 4, channels: 387, outChannels: 192 },
  { images: 1, ...one, height: 4, width: 4, channels: 128, outChannels: 136 },
  { images: 3, ...one, height: 6, width: 3, channels: 152, outChannels: 128 },
  { images: 1, ...one, height: 4, width: 4, channels: 256, outChannels: 272 },
  { images: 5, ...one, height: 4, width: 5, channels: 256, outChannels: 256 },
  { images: 2, ...one, height: 3, width: 6, channels: 260, outChannels: 256 },
];

export const convolutionCases: readonly KernelCase[] = rows.flatMap(({ images, ...rest }) => casesOf({ ...SQUARE, ...rest }, images));

function casesOf(shape: Conv2dShape, images: number): readonly KernelCase[] {
  const { height, width, channels, outChannels, kernelHeight, kernelWidth, stride, padding, dilation, groups } = shape;
  const outHeight = outputSize(height, kernelHeight, stride, padding, dilation);
  const outWidth = outputSize(width, kernelWidth, stride, padding, dilation);
  const input = random(images * height * width * channels);
  const filter = random((kernelHeight * kernelWidth * channels * outChannels) / groups);
  const output = random(images * outHeight * outWidth * outChannels);
  const name = `${images} × ${height}×${width}×${channels} → ${outChannels}, ${kernelHeight}×${kernelWidth}, stride ${stride}, padding ${padding}, dilation ${dilation}, groups ${groups}`;
  const both = [false, true].map((accumulate) => ({ accumulate, adds: accumulate ? "adds to" : "sets" }));
  return [
    { name: `conv2d ${name}`, make: (kernels) => kernels.conv2d(shape), count: images, buffers: [input, filter, output] },
    ...both.map(({ accumulate, adds }) => ({
      name: `conv2dInputGradient ${adds} ${name}`,
      make: (kernels: Parameters<KernelCase["make"]>[0]) => kernels.conv2dInputGradient(shape, accumulate),
      count: images,
      buffers: [output, filter, input],
    })),
    ...both.map(({ accumulate, adds }) => ({
      name: `conv2dWeightGradient ${adds} ${name}`,
      make: (kernels: Parameters<KernelCase["make"]>[0]) => kernels.conv2dWeightGradient(shape, accumulate),
      count: images,
      buffers: [input, output, filter],
    })),
  ];
}
