import { expect, test } from "vitest";
import { createEngine } from "../../../engine/index.ts";

const GIBIBYTE = 2 ** 30;

test.each(["vgg16", "alexnet"] as const)(
  "%s trains at micro-batch 32 within 1 GiB: parameters, gradients, momentum, maps and scratch memory",
  async (name) => {
    const engine = createEngine();
    const model = await engine.model(name, { microBatch: 32, seed: 1 });
    const optimizer = await model.optimizer({ type: "sgd", momentum: 0.9 });
    const before = model.parameterVector.slice();
    const images = Float32Array.from({ length: 32 * 32 * 32 * 3 }, (_, i) => Math.sin(i));
    const labels = Int32Array.from({ length: 32 }, (_, i) => i % 10);
    const { loss } = model.gradient({ images, labels });
    optimizer.step(0.01);
    expect(loss).toBeGreaterThan(0);
    expect(model.parameterVector.some((value, i) => value !== before[i])).toBe(true);
    expect(engine.memory.f32.byteLength).toBeLessThan(GIBIBYTE);
  },
);
