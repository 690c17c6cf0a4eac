import { type KernelCase, positive, random } from "./kernelCase.ts";

const channelCounts = [1, 3, 4, 5, 16, 17, 35, 64];
const pixelCounts = [1, 7, 300];
const epsilon = 1e-5;

/** Kernels over pixels × channels. */
export const channelCases: readonly KernelCase[] = channelCounts.flatMap((channels) =>
  pixelCounts.flatMap((pixels) => [...biasCases(channels, pixels), ...batchNormCases(channels, pixels)]),
);

function biasCases(channels: number, pixels: number): readonly KernelCase[] {
  const name = `${pixels} × ${channels}`;
  const [map, row] = [random(pixels * channels), random(channels)];
  return [
    { name: `addBias ${name}`, make: (kernels) => kernels.addBias(channels, false), count: pixels, buffers: [row, map] },
    { name: `addBias relu ${name}`, make: (kernels) => kernels.addBias(channels, true), count: pixels, buffers: [row, map] },
    ...[false, true].map((accumulate) => ({
      name: `biasReluGradient ${accumulate ? "adds " : ""}${name}`,
      make: (kernels: Parameters<KernelCase["make"]>[0]) => kernels.biasReluGradient(channels, accumulate),
      count: pixels,
      buffers: [map, map, row],
    })),
    { name: `biasGradient ${name}`, make: (kernels) => kernels.biasGradient(channels, false), count: pixels, buffers: [map, row] },
    { name: `biasGradient adds ${name}`, make: (kernels) => kernels.biasGradient(channels, true), count: pixels, buffers: [map, row] },
  ];
}

function batchNormCases(channels: number, pixels: number): readonly KernelCase[] {
  const [map, row, variance] = [random(pixels * channels), random(channels), positive(channels)];
  const cases: KernelCase[] = [
    {
      name: `batchNormStatistics ${pixels} × ${channels}`,
      make: (kernels) => kernels.batchNormStatistics(channels),
      count: pixels,
      buffers: [map, row, variance],
    },
  ];
  for (const relu of [false, true]) {
    for (const residual of [false, true]) {
      const fusion = { relu, residual };
      const name = `${pixels} × ${channels}${relu ? " relu" : ""}${residual ? " residual" : ""}`;
      cases.push({
        name: `batchNorm ${name}`,
        make: (kernels) => kernels.batchNorm(channels, epsilon, fusion),
        count: pixels,
        buffers: [map, row, variance, row, row, map, map],
      });
      cases.push({
        name: `batchNormReduce ${name}`,
        make: (kernels) => kernels.batchNormReduce(channels, epsilon, fusion),
        count: pixels,
        buffers: [map, map, map, row, variance, map, random(2 * channels)],
      });
    }
  }
  cases.push({
    name: `batchNormReluReduce ${pixels} × ${channels}`,
    make: (kernels) => kernels.batchNormReluReduce(channels, epsilon),
    count: pixels,
    buffers: [map, map, row, variance, row, row, random(2 * channels)],
  });
  for (const accumulate of [false, true]) {
    cases.push({
      name: `batchNormBackward ${accumulate ? "adds " : ""}${pixels} × ${channels}`,
      make: (kernels) => kernels.batchNormBackward(channels, epsilon, accumulate),
      count: pixels,
      buffers: [map, map, row, variance, row, random(2 * channels), map],
    });
    cases.push({
      name: `batchNormReluBackward ${accumulate ? "adds " : ""}${pixels} × ${channels}`,
      make: (kernels) => kernels.batchNormReluBackward(channels, epsilon, accumulate),
      count: pixels,
      buffers: [map, map, row, variance, row, row, random(2 * channels), map],
    });
  }
  return cases;
}
