import { expect, test } from "vitest";
import { flatten, linear, sequential } from "../../../engine/index.ts";
import { addSlots, CONFIG, SMALL, startReplica, step } from "./syntheticRun.ts";

const COARSE = { ...CONFIG, gradientBits: 8 };

test("QU5 integers of 8 bits are the same whoever computes the slots, and in what order", async () => {
  const [a, b] = [await startReplica({}, COARSE), await startReplica({}, COARSE)];
  expect(addSlots(a, 0, [0, 1, 2, 3])).toEqual(addSlots(b, 0, [2, 3, 1, 0]));
  step([a, b], [[0, 1, 3], [2]], 0);
  step([b, a], [[3], [1, 2, 0]], 1);
  expect(a.hash()).toBe(b.hash());
});

test("QU5 integers of 8 bits are small, and the network learns with them", async () => {
  const replica = await startReplica({}, COARSE);
  const vector = addSlots(replica, 0, [0]).subarray(0, replica.layout.elements);
  expect(vector.reduce((most, v) => Math.max(most, Math.abs(v)), 0)).toBeLessThan(2 ** 9);
  const losses: number[] = [];
  for (let at = 0; at < 40; at++) {
    const [{ lossSum, images }] = step([replica], [[0, 1, 2, 3]], at);
    losses.push(lossSum / images);
  }
  const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  expect(mean(losses.slice(-5))).toBeLessThan(0.5 * mean(losses.slice(0, 5)));
});

test("QU5 a slot without its key is refused", async () => {
  const model = { ...SMALL, layers: sequential(flatten, linear(10)) };
  const replica = await startReplica({}, { ...COARSE, model });
  expect(() => replica.addSlot(3)).toThrow("expected the randomness of the slot to round to 8 bits with, got none");
});
