import { expect, test } from "vitest";
import { createEngine, describeModel, modelDefinition, readSafetensors } from "../../../engine/index.ts";
import { initializeParameters } from "../../../engine/parameters/initialize.ts";
import { readParameter, writeParameter } from "../../../engine/parameters/layout.ts";

test("a filter in PyTorch's order [out][in][height][width] lies in the engine as [height][width][in][out]", () => {
  const view = [2, 3, 2, 2];
  const descriptor = {
    name: "w",
    shape: view,
    layout: { view, axes: [2, 3, 1, 0] },
    initial: "zeros" as const,
    frozen: false,
    offset: 1,
    elements: 24,
  };
  const vector = new Float32Array(25);
  writeParameter(
    vector,
    descriptor,
    Array.from({ length: 24 }, (_, i) => i),
  );
  // [ky=0][kx=1][ic=2][oc=1] is PyTorch's [1][2][0][1].
  expect(vector[1 + ((0 * 2 + 1) * 3 + 2) * 2 + 1]).toBe(((1 * 3 + 2) * 2 + 0) * 2 + 1);
  expect(readParameter(vector, descriptor)).toEqual(Float32Array.from({ length: 24 }, (_, i) => i));
});

test("a linear layer after a flatten counts its inputs as (c, h, w) in PyTorch and as (h, w, c) here", () => {
  const fc1 = describeModel(modelDefinition("lenet5")).parameters.find(({ name }) => name === "fc1.weight");
  if (fc1 === undefined) throw new Error("expected lenet5 to have fc1.weight");
  const vector = new Float32Array(fc1.offset + fc1.elements);
  writeParameter(
    vector,
    fc1,
    Array.from({ length: fc1.elements }, (_, i) => i),
  );
  const [c, h, w, out] = [3, 2, 4, 7]; // of 16 channels on a 5×5 map, and 120 outputs
  expect(vector[fc1.offset + ((h * 5 + w) * 16 + c) * 120 + out]).toBe(out * 400 + (c * 5 + h) * 5 + w);
});

test("initial parameters are within ±√(6 / fan in), spread evenly, and the same bits for the same seed", () => {
  const { parameters, parameterElements } = describeModel(modelDefinition("resnet20"));
  const [first, again, other] = [5, 5, 6].map((seed) => {
    const vector = new Float32Array(parameterElements);
    initializeParameters(vector, parameters, seed);
    return vector;
  });
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
  for (const parameter of parameters) {
    const values = readParameter(first, parameter);
    if (parameter.initial !== "uniform") {
      expect(new Set(values)).toEqual(new Set([parameter.initial === "ones" ? 1 : 0]));
      continue;
    }
    const bound = Math.sqrt(6 / parameter.shape.slice(1).reduce((a, b) => a * b, 1));
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
    const variance = values.reduce((sum, v) => sum + v * v, 0) / values.length;
    expect(variance / (bound * bound)).toBeCloseTo(1 / 3, 1);
  }
});

test("the first initial values of seed 1 are these, in every JavaScript engine", () => {
  const { parameters, parameterElements } = describeModel(modelDefinition("lenet5"));
  const vector = new Float32Array(parameterElements);
  initializeParameters(vector, parameters, 1);
  expect(Array.from(readParameter(vector, parameters[0]).subarray(0, 3))).toMatchInlineSnapshot(`
    [
      -0.06608317047357559,
      -0.18049488961696625,
      0.09251659363508224,
    ]
  `);
});

test("a model saved as safetensors and loaded into another gives the same outputs", async () => {
  const engine = createEngine({ reference: "float32" });
  const images = Float32Array.from({ length: 3072 }, (_, i) => Math.sin(i));
  const [a, b] = [await engine.model("lenet5", { microBatch: 2, seed: 1 }), await engine.model("lenet5", { microBatch: 2, seed: 2 })];
  const batch = { images, labels: Int32Array.of(3) };
  expect(a.outputs(batch)).not.toEqual(b.outputs(batch));
  b.loadSafetensors(a.saveSafetensors({ step: "7" }));
  expect(a.outputs(batch)).toEqual(b.outputs(batch));
  const file = readSafetensors(a.saveSafetensors({ step: "7" }));
  expect(file.metadata).toEqual({ step: "7" });
  expect(file.tensors.get("fc1.weight")?.shape).toEqual([120, 400]);
});

test("a state dict that does not fit is refused, with the tensor's name, and changes nothing", async () => {
  const model = await createEngine({ reference: "float32" }).model("lenet5", { microBatch: 1 });
  const before = Float32Array.from(model.parameterVector);
  const tensors = model.stateDict();
  const zeros = tensors.map((tensor) => ({ ...tensor, values: tensor.values.map(() => 0) }));
  expect(() => model.loadStateDict(zeros.slice(1))).toThrow("expected a tensor conv1.weight of 6×3×5×5, got none of that name");
  expect(() => model.loadStateDict([...zeros, { name: "x", shape: [1], values: Float32Array.of(1) }])).toThrow("got also x");
  const wrong = zeros.map((tensor) => (tensor.name === "fc2.bias" ? { ...tensor, shape: [42, 2] } : tensor));
  expect(() => model.loadStateDict(wrong)).toThrow("expected fc2.bias of 84, got 42×2");
  expect(model.parameterVector).toEqual(before);
});
