import { expect, test } from "vitest";
import { createEngine, type OptimizerConfig, readSafetensors, writeSafetensors } from "../../../engine/index.ts";
import { SMALL, startReplica, step } from "../replica/syntheticRun.ts";

const batch = { images: Float32Array.from({ length: 3 * 192 }, (_, i) => Math.sin(i)), labels: Int32Array.of(1, 2, 3) };

async function start(optimizer: OptimizerConfig, seed: number) {
  const definition = { ...SMALL, layers: JSON.parse(JSON.stringify(SMALL.layers).replace('"rate":0.2', '"rate":0')) };
  const model = await createEngine({ reference: "float32" }).model(definition, { microBatch: 3, seed });
  return { model, optimizer: await model.optimizer(optimizer) };
}

test.each<OptimizerConfig>([
  { type: "sgd", momentum: 0.9 },
  { type: "adam" },
  { type: "rmsprop" },
  { type: "adagrad" },
  { type: "adadelta" },
  { type: "muon" },
])("a model and $type saved in one file go on elsewhere with the same bits", async (config) => {
  const [here, there] = [await start(config, 1), await start(config, 2)];
  for (let i = 0; i < 3; i++) {
    here.model.gradient(batch);
    here.optimizer.step(0.01);
  }
  const bytes = here.optimizer.saveSafetensors(here.model.stateDict());
  there.model.loadSafetensors(bytes);
  there.optimizer.loadSafetensors(bytes);
  for (const { model, optimizer } of [here, there]) {
    model.gradient(batch);
    optimizer.step(0.01);
  }
  expect(there.model.parameterVector).toEqual(here.model.parameterVector);
  expect(there.optimizer.stateDict()).toEqual(here.optimizer.stateDict());
});

test("the optimiser's tensors are called optimizer.<vector>.<parameter>, with the parameter's shape", async () => {
  const { model, optimizer } = await start({ type: "adamw" }, 1);
  const { tensors, metadata } = readSafetensors(optimizer.saveSafetensors(model.stateDict()));
  expect(tensors.get("optimizer.exp_avg_sq.0.weight")?.shape).toEqual([8, 3, 3, 3]);
  expect(tensors.get("optimizer.exp_avg.1.bias")?.shape).toEqual([8]);
  expect(metadata).toEqual({ step: "0" });
});

test("a file whose optimiser does not fit is refused, and changes nothing", async () => {
  const [sgd, adam] = [await start({ type: "sgd", momentum: 0.9 }, 1), await start({ type: "adam" }, 1)];
  expect(() => adam.optimizer.loadSafetensors(sgd.optimizer.saveSafetensors())).toThrow(
    "expected a tensor optimizer.exp_avg.0.weight of 8×3×3×3, got none of that name",
  );
  expect(() => sgd.optimizer.loadSafetensors(writeSafetensors(sgd.optimizer.stateDict()))).toThrow("expected the number of steps");
  const wrong = sgd.optimizer.stateDict().map((tensor) => (tensor.shape.join() === "8,3,3,3" ? { ...tensor, shape: [216] } : tensor));
  expect(() => sgd.optimizer.loadSafetensors(writeSafetensors(wrong, { step: "1" }))).toThrow("of 8×3×3×3, got 216");
});

test("a replica's file holds its optimiser too, and another that loads it has the same", async () => {
  const [replica, other] = [await startReplica(), await startReplica()];
  step([replica], [[0, 1, 2, 3]], 0);
  step([other], [[1]], 0);
  const file = replica.saveSafetensors();
  expect([...readSafetensors(file).tensors.keys()]).toContain("optimizer.momentum_buffer.0.weight");
  expect(other.saveSafetensors()).not.toEqual(file);
  other.loadSafetensors(file);
  expect(other.saveSafetensors()).toEqual(file);
});
