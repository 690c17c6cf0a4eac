import { expect, test } from "vitest";
import {
  batchNorm2d,
  CIFAR_SHAPE,
  concat,
  conv2d,
  convTranspose2d,
  createEngine,
  describeModel,
  flatten,
  globalMeanPool2d,
  identity,
  type Layer,
  leakyRelu,
  linear,
  maxPool2d,
  meanSquaredError,
  modelDefinition,
  modelNames,
  named,
  relu,
  residual,
  sequential,
  softmaxCrossEntropy,
  zeroPadShortcut,
} from "../../../engine/index.ts";

const describe = (layers: Layer) => describeModel({ input: CIFAR_SHAPE, layers, loss: softmaxCrossEntropy() });

const head = [globalMeanPool2d, named("linear", linear(10))];

test("parameter names follow the structure as in PyTorch: numbers, names, transparent bodies", () => {
  const block = residual(
    sequential(named("conv1", conv2d(4, 3, { padding: 1, bias: false })), named("bn1", batchNorm2d())),
    sequential(conv2d(4, 1, { bias: false }), batchNorm2d()),
    { relu: true },
  );
  const { parameters, batchNorms } = describe(sequential(named("layer1", sequential(block)), ...head));
  expect(parameters.map(({ name, shape }) => `${name} ${shape.join("×")}`)).toEqual([
    "layer1.0.conv1.weight 4×3×3×3",
    "layer1.0.bn1.weight 4",
    "layer1.0.bn1.bias 4",
    "layer1.0.shortcut.0.weight 4×3×1×1",
    "layer1.0.shortcut.1.weight 4",
    "layer1.0.shortcut.1.bias 4",
    "linear.weight 10×4",
    "linear.bias 10",
  ]);
  expect(batchNorms.map(({ name, offset }) => `${name} ${offset}`)).toEqual(["layer1.0.bn1 0", "layer1.0.shortcut.1 8"]);
});

const MISTAKES: readonly (readonly [string, Layer])[] = [
  [
    'linear "1": expected a vector (flatten or pool the map first), got a map of 32×32×8',
    sequential(conv2d(8, 3, { padding: 1 }), linear(10)),
  ],
  ['conv2d "0": expected a map at least as large as the window, got 32×32×3', sequential(conv2d(8, 40), ...head)],
  ['maxPool2d "0": expected a map at least as large as the window, got 32×32×3', sequential(maxPool2d(33), ...head)],
  ['conv2d "c": expected channels that 2 groups divide, got 3 in and 8 out', sequential(named("c", conv2d(8, 3, { groups: 2 })), ...head)],
  ["residual: expected body and shortcut of one shape, got 30×30×3 and 32×32×3", residual(conv2d(3, 3))],
  ["concat: expected branches with maps of one height and width, got 30×30×2, 32×32×3", concat(conv2d(2, 3), identity)],
  ["two parameters are called weight: give the branches of a concat", concat(conv2d(2, 3), conv2d(2, 3))],
  ['zeroPadShortcut "0": expected an even number of channels to add to the 3 given, got 8 in all', sequential(zeroPadShortcut(8, 2))],
  ["2.weight: expected at most 1073741824 elements (4 GiB), got 40000×60000", sequential(globalMeanPool2d, linear(60_000), linear(40_000))],
  [
    'convTranspose2d "0": expected a map of at most 1073741824 elements (4 GiB), got 1985×1985×1024',
    sequential(convTranspose2d(1024, 1, { stride: 64 }), ...head),
  ],
  ["expected whitening filters in the first layer only, got 1 such layers", sequential(relu, conv2d(24, 2, { initial: "whitening" }))],
  ["expected an even number of whitening filters up to 24", sequential(conv2d(26, 2, { initial: "whitening" }), ...head)],
  ["convTranspose2d: expected an output padding below the stride, got 1 and 1", convTranspose2d(3, 3, { outputPadding: 1 })],
  ["softmaxCrossEntropy: expected one vector of logits per image, got a map of 30×30×8", conv2d(8, 3)],
];

test.each(MISTAKES)("a mistake names the layer and the shapes: %s", (message, layers) => {
  expect(() => describe(layers)).toThrow(message);
});

test("an autoencoder's output has the shape of its input", () => {
  expect(() => describeModel({ input: CIFAR_SHAPE, layers: conv2d(3, 3), loss: meanSquaredError })).toThrow(
    "meanSquaredError: expected an output of the input's shape 32×32×3, got 30×30×3",
  );
});

test.each(modelNames)("%s is data: it survives JSON, and describes the same model after it", (name) => {
  const definition = modelDefinition(name);
  const copy = JSON.parse(JSON.stringify(definition));
  expect(copy).toEqual(definition);
  expect(describeModel(copy).parameters).toEqual(describeModel(definition).parameters);
});

test("batch norm takes a following ReLU and the addition of a residual into its own pass, with the same result", async () => {
  const conv = conv2d(4, 3, { padding: 1, bias: false });
  // A linear map between them, or a nested residual, keeps the ReLU and the addition apart.
  const fused = sequential(
    conv,
    residual(sequential(conv, batchNorm2d(), relu, conv, batchNorm2d()), identity, { relu: true }),
    flatten,
    linear(3),
  );
  const apart = sequential(
    conv,
    residual(sequential(conv, batchNorm2d(), identity, relu, conv, batchNorm2d(), identity), identity),
    relu,
    flatten,
    linear(3),
  );
  const results = await Promise.all(
    [fused, apart].map(async (layers) => {
      const input = { height: 6, width: 5, channels: 2 };
      const engine = createEngine({ reference: "float64" });
      const model = await engine.model({ input, layers, loss: softmaxCrossEntropy() }, { microBatch: 3, seed: 4 });
      // The layers of `apart` have other numbers, and so other names, but the same order.
      const images = Float32Array.from({ length: 3 * 60 }, (_, i) => Math.sin(i));
      const { loss } = model.gradient({ images, labels: Int32Array.of(0, 1, 2) });
      return { loss, gradient: Array.from(model.gradientVector) };
    }),
  );
  expect(results[0].loss).toBeCloseTo(results[1].loss, 12);
  results[0].gradient.forEach((value, i) => {
    expect(value).toBeCloseTo(results[1].gradient[i], 12);
  });
});

test.each([-0.1, 1.5, Number.NaN])("a leaky ReLU of slope %d is refused: its derivative could not be told from the output", (slope) => {
  expect(() => leakyRelu(slope)).toThrow(`expected a slope of leaky ReLU from 0 to 1, got ${slope}`);
});
