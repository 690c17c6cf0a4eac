import { expect, test } from "vitest";
import {
  conv2d,
  convTranspose2d,
  createEngine,
  createReplica,
  meanSquaredError,
  modelCost,
  modelDefinition,
  sequential,
} from "../../../engine/index.ts";

test.each([
  // Of the published models: He et al. 2015 give 0.04 G for ResNet-20 at this size, Howard et al. count as here.
  ["lenet5", 0.65],
  ["resnet20", 40.55],
  ["vgg11", 152.77],
] as const)("%s has %d million multiplications for one image", (name, millions) => {
  expect(modelCost(modelDefinition(name), 8).macs / 1e6).toBeCloseTo(millions, 2);
});

test("a transposed convolution has those of the convolution that it turns round", () => {
  const input = { height: 8, width: 8, channels: 4 };
  const layers = sequential(conv2d(6, 3, { stride: 2, padding: 1 }), convTranspose2d(4, 3, { stride: 2, padding: 1, outputPadding: 1 }));
  const each = 4 * 4 * 6 * 4 * 9; // pixels · outChannels · channels · taps, on the smaller map
  expect(modelCost({ input, layers, loss: meanSquaredError }, 1).macs).toBe(2 * each);
});

test("gradient bytes are those of the vector that replicas exchange, and maps grow with the micro-batch", async () => {
  const definition = modelDefinition("lenet5");
  const [small, large] = [modelCost(definition, 4), modelCost(definition, 8)];
  const replica = await createReplica(createEngine({ reference: "float32" }), {
    model: definition,
    microBatch: 4,
    slots: 1,
    optimizer: { type: "sgd" },
  });
  expect(small.gradientBytes).toBe(4 * replica.layout.length);
  expect(small.parameters).toBe(62_006);
  expect(large.activationBytes).toBe(2 * small.activationBytes);
  expect(small.peakBytes).toBeLessThan(2 * small.activationBytes);
});
