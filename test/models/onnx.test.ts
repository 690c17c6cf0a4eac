import { InferenceSession, Tensor } from "onnxruntime-web";
import { describe, expect, test } from "vitest";
import {
  batchNorm2d,
  CIFAR_SHAPE,
  concat,
  conv2d,
  createEngine,
  exportOnnx,
  flatten,
  gelu,
  globalMeanPool2d,
  identity,
  leakyRelu,
  linear,
  localResponseNorm,
  type Model,
  meanPool2d,
  modelDefinition,
  modelNames,
  named,
  sequential,
  sigmoid,
  softmaxCrossEntropy,
  tanh,
} from "../../engine/index.ts";
import { openCifar, readBatch } from "../golden/cifarRecords.ts";
import { toNchw } from "../golden/layouts.ts";
import { withoutDropout } from "../golden/withoutDropout.ts";
import { needsShared, sharedIsThere } from "../shared.ts";

/** All models take a quarter of an hour; by default those that take a few seconds, and together have every kind of layer. */
const quick = ["lenet5", "resnet20", "autoencoder"] as const;
const chosen = process.env["TABGRAD_ALL_MODELS"] === undefined ? quick : modelNames;

const IMAGES = 100;
const MICRO_BATCH = 20;
const FEW_STEPS = 3;

/** Deep residual sums are not normalised: until their statistics have settled logits are in the thousands, where 1e-4 is less than f32 can tell. */
const SETTLING_STEPS = 40;
const stepsOf = (name: string): number => (name === "resnet56" || name === "resnet110" ? SETTLING_STEPS : FEW_STEPS);

const BOUND = 1e-4;
const NORMALIZATION = { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] };

function records() {
  const found = openCifar(undefined);
  if (found === undefined) throw new Error("expected data_batch_1.bin of CIFAR-10 in the shared folder, got none");
  return found;
}

/** A few steps, so that statistics and weights are no longer those of the beginning. */
async function trained(model: Model, steps = FEW_STEPS): Promise<void> {
  const optimizer = await model.optimizer({ type: "sgd", momentum: 0.9 });
  model.whiten(readBatch(records(), 0, MICRO_BATCH, NORMALIZATION));
  for (let step = 0; step < steps; step++) {
    model.gradient(readBatch(records(), 200 + step * MICRO_BATCH, MICRO_BATCH, NORMALIZATION));
    optimizer.step(0.002);
  }
}

/** The largest difference between our outputs and onnxruntime's for a micro-batch of images from `first` on, and the largest output. */
async function difference(model: Model, session: InferenceSession, first: number): Promise<{ error: number; largest: number }> {
  const batch = readBatch(records(), first, MICRO_BATCH, NORMALIZATION);
  const images = Float32Array.from(toNchw(batch.images, CIFAR_SHAPE));
  const { height, width, channels } = CIFAR_SHAPE;
  const { output } = await session.run({ input: new Tensor("float32", images, [MICRO_BATCH, channels, height, width]) });
  const expected = toNchw(model.outputs(batch), model.description.output);
  const actual = output.data as Float32Array;
  expect(actual).toHaveLength(expected.length);
  const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return { error: expected.reduce((most, v, i) => Math.max(most, Math.abs(v - actual[i])), 0), largest };
}

describe.skipIf(!sharedIsThere)(`onnxruntime and the engine agree on ${IMAGES} images of CIFAR-10${needsShared}`, () => {
  test.each(chosen)(
    "%s, trained for a few steps",
    async (name) => {
      const model = await createEngine({ convolution: "direct" }).model(withoutDropout(modelDefinition(name)), { microBatch: MICRO_BATCH });
      await trained(model, stepsOf(name));
      const session = await InferenceSession.create(model.exportOnnx());
      for (let first = 1000; first < 1000 + IMAGES; first += MICRO_BATCH) {
        const { error, largest } = await difference(model, session, first);
        expect(largest).toBeGreaterThan(0);
        expect(error).toBeLessThan(BOUND);
      }
      await session.release();
    },
    300_000,
  );

  test("every layer that no named model has", async () => {
    const branches = concat(
      named("a", sequential(conv2d(4, 3, { padding: 2, dilation: 2, groups: 1 }), gelu, batchNorm2d())),
      named("b", sequential(conv2d(3, 3, { padding: 1, groups: 3 }), leakyRelu(0.1), localResponseNorm(3))),
      identity,
    );
    const layers = sequential(
      branches,
      meanPool2d(3, { stride: 2, padding: 1, countPadding: false }),
      sigmoid,
      conv2d(8, [2, 3], { stride: 2 }),
      tanh,
      flatten,
      linear(10),
    );
    const engine = createEngine();
    const model = await engine.model({ input: CIFAR_SHAPE, layers, loss: softmaxCrossEntropy() }, { microBatch: MICRO_BATCH });
    await trained(model);
    const session = await InferenceSession.create(model.exportOnnx());
    expect((await difference(model, session, 1000)).error).toBeLessThan(BOUND);
  });
});

test("what ONNX cannot say in this form is refused with the layer's name", async () => {
  const layers = sequential(flatten, named("norm", batchNorm2d()), linear(10));
  const model = await createEngine({ reference: "float32" }).model(
    { input: CIFAR_SHAPE, layers, loss: softmaxCrossEntropy() },
    { microBatch: 1 },
  );
  expect(() => model.exportOnnx()).toThrow('exportOnnx: batchNorm2d "norm": expected a map, got a flattened one');
  const pooled = sequential(globalMeanPool2d, named("head", linear(10)));
  const other = await createEngine({ reference: "float32" }).model(
    { input: CIFAR_SHAPE, layers: pooled, loss: softmaxCrossEntropy() },
    { microBatch: 1 },
  );
  expect(() => exportOnnx(other.description, [])).toThrow("expected a tensor head.weight among those of the model, got none of that name");
});
