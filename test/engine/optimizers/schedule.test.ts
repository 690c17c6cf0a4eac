import fc from "fast-check";
import { expect, test } from "vitest";
import { learningRateAt, type Schedule } from "../../../engine/index.ts";

const rates = (schedule: Schedule, total: number) => Array.from({ length: total }, (_, step) => learningRateAt(schedule, step, total));

test("TR4 constant, with a linear warm-up that reaches the rate at its last step", () => {
  expect(rates({ type: "constant", learningRate: 0.4, warmupSteps: 4 }, 6)).toEqual([0.1, 0.2, 0.30000000000000004, 0.4, 0.4, 0.4]);
});

test("TR4 step: times a tenth at each milestone, which are shares of the run", () => {
  const schedule: Schedule = { type: "step", learningRate: 1, milestones: [0.5, 0.75], factor: 0.5 };
  expect(rates(schedule, 8)).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]);
});

test("TR4 cosine: η_min + (η − η_min) (1 + cos(π t / T)) / 2, as PyTorch's CosineAnnealingLR", () => {
  rates({ type: "cosine", learningRate: 0.1, final: 0.01 }, 50).forEach((rate, t) => {
    expect(rate).toBeCloseTo(0.001 + (0.099 * (1 + Math.cos((Math.PI * t) / 50))) / 2, 14);
  });
});

test("TR4 linear: a straight line that would end at the final rate", () => {
  expect(rates({ type: "linear", learningRate: 1, final: 0.5 }, 4)).toEqual([1, 0.875, 0.75, 0.625]);
});

test("TR4 oneCycle: the rates of PyTorch's OneCycleLR (max_lr 0.1, 10 steps)", () => {
  // Its formula: two cosines, with 0.3 · 10 − 1 = 2 steps up.
  const [initial, lowest] = [0.1 / 25, 0.1 / 25 / 1e4];
  const between = (from: number, to: number, share: number) => to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share));
  const expected = Array.from({ length: 10 }, (_, s) => (s <= 2 ? between(initial, 0.1, s / 2) : between(0.1, lowest, (s - 2) / 7)));
  rates({ type: "oneCycle", learningRate: 0.1 }, 10).forEach((rate, step) => {
    expect(rate).toBeCloseTo(expected[step], 14);
  });
});

test("TR4 a step outside the run is an error", () => {
  expect(() => learningRateAt({ type: "constant", learningRate: 1 }, 5, 5)).toThrow("expected a step from 0 to 4, got 5");
});

test("TR4 a one-cycle of any length rises to its peak, then falls, and every rate is a number", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.double({ min: 0, max: 1, noNaN: true }), (steps, growing) => {
      const found = rates({ type: "oneCycle", learningRate: 0.4, growing }, steps);
      const top = found.indexOf(Math.max(...found));
      for (let step = 1; step < steps; step++) {
        if (step <= top) expect(found[step]).toBeGreaterThanOrEqual(found[step - 1]);
        else expect(found[step]).toBeLessThanOrEqual(found[step - 1]);
      }
      for (const rate of found) expect(rate > 0 && rate <= 0.4 * (1 + 1e-12)).toBe(true);
    }),
  );
  expect(rates({ type: "oneCycle", learningRate: 0.4, growing: 0 }, 10)[0]).toBe(0.4);
  expect(rates({ type: "oneCycle", learningRate: 0.4, growing: 1 }, 10)[9]).toBe(0.4);
});
