import type { Activation, CopyChannelsShape, LocalResponseNormShape, Pool2dShape } from "../../../engine/kernels/kernels.ts";
import { outputSize } from "../../../engine/kernels/outputSize.ts";
import { type BufferCase, integers, type KernelCase, positive, random } from "./kernelCase.ts";

const sums: readonly BufferCase[] = [random(1), integers(1, 100)];
const both = [false, true];

/** Kernels over whole maps and over elements. */
export const mapCases: readonly KernelCase[] = [
  ...poolShapes().flatMap(({ images, ...shape }) => poolCases(shape, images)),
  ...copyShapes().flatMap(({ images, ...shape }) => copyCases(shape, images)),
  ...[1, 3, 4, 5, 64, 1003].flatMap(elementCases),
  ...responseNormShapes().flatMap(({ images, ...shape }) => responseNormCases(shape, images)),
  ...lossCases(),
];

function poolShapes(): readonly (Pool2dShape & { images: number })[] {
  const two = { kernelHeight: 2, kernelWidth: 2, stride: 2, padding: 0 };
  const three = { kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1 };
  return [
    { images: 2, height: 8, width: 8, channels: 16, ...two },
    { images: 3, height: 7, width: 5, channels: 3, ...two },
    { images: 1, height: 6, width: 6, channels: 33, ...three },
    { images: 2, height: 5, width: 9, channels: 17, ...three, stride: 2 },
    { images: 5, height: 1, width: 1, channels: 5, kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0 },
    { images: 2, height: 8, width: 8, channels: 64, kernelHeight: 8, kernelWidth: 8, stride: 8, padding: 0 },
    { images: 2, height: 3, width: 2, channels: 6, kernelHeight: 4, kernelWidth: 5, stride: 2, padding: 2 },
    { images: 1, height: 13, width: 13, channels: 4, kernelHeight: 3, kernelWidth: 2, stride: 3, padding: 1 },
  ];
}

function poolCases(shape: Pool2dShape, images: number): readonly KernelCase[] {
  const { height, width, channels, kernelHeight, kernelWidth, stride, padding } = shape;
  const outHeight = outputSize(height, kernelHeight, stride, padding);
  const outWidth = outputSize(width, kernelWidth, stride, padding);
  const name = `${images} × ${height}×${width}×${channels}, ${kernelHeight}×${kernelWidth}, stride ${stride}, padding ${padding}`;
  const input = random(images * height * width * channels);
  const output = random(images * outHeight * outWidth * channels);
  const places = integers(output.elements, height * width * channels);
  return [
    { name: `maxPool2d ${name}`, make: (kernels) => kernels.maxPool2d(shape), count: images, buffers: [input, output, places] },
    ...both.flatMap((accumulate): readonly KernelCase[] => [
      {
        name: `maxPool2dBackward ${accumulate ? "adds " : ""}${name}`,
        make: (kernels) => kernels.maxPool2dBackward(shape, accumulate),
        count: images,
        buffers: [output, places, input],
      },
      ...both.map(
        (countPadding): KernelCase => ({
          name: `meanPool2dBackward ${accumulate ? "adds " : ""}${countPadding ? "counting padding " : ""}${name}`,
          make: (kernels) => kernels.meanPool2dBackward(shape, countPadding, accumulate),
          count: images,
          buffers: [output, input],
        }),
      ),
    ]),
    ...both.map(
      (countPadding): KernelCase => ({
        name: `meanPool2d ${countPadding ? "counting padding " : ""}${name}`,
        make: (kernels) => kernels.meanPool2d(shape, countPadding),
        count: images,
        buffers: [input, output],
      }),
    ),
  ];
}

function copyShapes(): readonly (CopyChannelsShape & { images: number })[] {
  return [
    { images: 2, height: 8, width: 8, stride: 2, fromChannels: 16, fromOffset: 0, toChannels: 32, toOffset: 8, channels: 16 },
    { images: 3, height: 5, width: 3, stride: 2, fromChannels: 7, fromOffset: 2, toChannels: 9, toOffset: 3, channels: 5 },
    { images: 1, height: 4, width: 4, stride: 1, fromChannels: 12, fromOffset: 0, toChannels: 40, toOffset: 24, channels: 12 },
    { images: 2, height: 2, width: 3, stride: 1, fromChannels: 40, fromOffset: 3, toChannels: 19, toOffset: 0, channels: 19 },
    { images: 2, height: 1, width: 1, stride: 1, fromChannels: 3, fromOffset: 1, toChannels: 2, toOffset: 1, channels: 1 },
    { images: 1, height: 9, width: 9, stride: 4, fromChannels: 64, fromOffset: 0, toChannels: 128, toOffset: 64, channels: 64 },
  ];
}

function copyCases(shape: CopyChannelsShape, images: number): readonly KernelCase[] {
  const { height, width, stride, fromChannels, toChannels, channels, fromOffset, toOffset } = shape;
  const outPixels = outputSize(height, 1, stride, 0) * outputSize(width, 1, stride, 0);
  const from = random(images * height * width * fromChannels);
  const to = random(images * outPixels * toChannels);
  const name = `${images} × ${height}×${width}/${stride}, ${channels} of ${fromChannels} from ${fromOffset} into ${toChannels} at ${toOffset}`;
  return both.flatMap((flag): readonly KernelCase[] => [
    { name: `copyChannels ${flag ? "zeroing " : ""}${name}`, make: (k) => k.copyChannels(shape, flag), count: images, buffers: [from, to] },
    {
      name: `copyChannelsBackward ${flag ? "adds " : ""}${name}`,
      make: (k) => k.copyChannelsBackward(shape, flag),
      count: images,
      buffers: [to, from],
    },
  ]);
}

function elementCases(elements: number): readonly KernelCase[] {
  const x = random(elements);
  const activations: readonly Activation[] = ["relu", "leakyRelu", "sigmoid", "tanh", "gelu"];
  const large: BufferCase = { elements, fill: "large" };
  const row = (name: string, make: KernelCase["make"], ...buffers: BufferCase[]): KernelCase => ({
    name: `${name}, ${elements} elements`,
    make,
    count: elements,
    buffers,
  });
  return [
    row("add", (kernels) => kernels.add(), x, x, x),
    row("scale", (kernels) => kernels.scale(0.3), x, x),
    row("dropout", (kernels) => kernels.dropout(0.3), x, integers(2, 2 ** 31), x, x),
    row("dropout of nothing", (kernels) => kernels.dropout(0), x, integers(2, 2 ** 31), x, x),
    ...both.flatMap((accumulate) => [
      row(`copy${accumulate ? " adds" : ""}`, (kernels) => kernels.copy(accumulate), x, x),
      row(`multiply${accumulate ? " adds" : ""}`, (kernels) => kernels.multiply(accumulate), x, x, x),
      ...activations.map((kind) =>
        row(`activationBackward ${kind}${accumulate ? " adds" : ""}`, (k) => k.activationBackward(kind, 0.1, accumulate), x, x, x),
      ),
    ]),
    ...activations.map((kind) => row(`activation ${kind}`, (kernels) => kernels.activation(kind, 0.1), x, x)),
    ...activations.map((kind) => row(`activation ${kind} of large values`, (kernels) => kernels.activation(kind, 0.1), large, x)),
  ];
}

function responseNormShapes(): readonly (LocalResponseNormShape & { images: number })[] {
  const usual = { alpha: 1e-4, beta: 0.75, k: 2 };
  return [
    { images: 2, height: 3, width: 4, channels: 16, size: 5, ...usual },
    { images: 1, height: 2, width: 2, channels: 7, size: 5, alpha: 1, beta: 0.75, k: 1 },
    { images: 1, height: 1, width: 3, channels: 3, size: 8, alpha: 2, beta: 0.5, k: 1 },
    { images: 2, height: 2, width: 1, channels: 19, size: 4, alpha: 0.5, beta: 0.6, k: 1.5 },
    { images: 1, height: 2, width: 2, channels: 35, size: 1, alpha: 0.5, beta: 1, k: 1 },
  ];
}

function responseNormCases(shape: LocalResponseNormShape, images: number): readonly KernelCase[] {
  const { height, width, channels, size, beta } = shape;
  const elements = images * height * width * channels;
  const map = random(elements);
  const name = `${images} × ${height}×${width}×${channels}, size ${size}, beta ${beta}`;
  return [
    { name: `localResponseNorm ${name}`, make: (kernels) => kernels.localResponseNorm(shape), count: images, buffers: [map, map, map] },
    ...both.map(
      (accumulate): KernelCase => ({
        name: `localResponseNormBackward ${accumulate ? "adds " : ""}${name}`,
        make: (kernels) => kernels.localResponseNormBackward(shape, accumulate),
        count: images,
        buffers: [map, map, positive(elements), map, map],
      }),
    ),
  ];
}

function lossCases(): readonly KernelCase[] {
  const shapes = [
    { images: 1, classes: 10, smoothing: 0 },
    { images: 5, classes: 10, smoothing: 0.1 },
    { images: 3, classes: 1, smoothing: 0 },
    { images: 32, classes: 103, smoothing: 0.2 },
  ];
  return [
    ...shapes.flatMap(({ images, classes, smoothing }) =>
      (["random", "large", "zero"] as const).map((fill): KernelCase => {
        const logits: BufferCase = { elements: images * classes, fill };
        return {
          name: `softmaxCrossEntropy of ${fill} logits, ${images} × ${classes}, smoothing ${smoothing}`,
          make: (kernels) => kernels.softmaxCrossEntropy(classes, smoothing),
          count: images,
          buffers: [logits, integers(images, classes), ...sums, random(images * classes)],
        };
      }),
    ),
    ...[1, 6, 3072].map(
      (elements): KernelCase => ({
        name: `meanSquaredError 3 × ${elements}`,
        make: (kernels) => kernels.meanSquaredError(elements),
        count: 3,
        buffers: [random(3 * elements), random(3 * elements), random(1), random(3 * elements)],
      }),
    ),
  ];
}
