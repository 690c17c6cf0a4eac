import fc from "fast-check";
import { expect, test } from "vitest";
import { learningRateAt } from "../../worker/train/learningRate.ts";

const oneCycle = (steps: number, warmUp = 0.3, learningRate = 0.4) => ({
  steps,
  schedule: { name: "one-cycle" as const, learningRate, warmUp },
});

test("TR4 a constant rate is that rate, to the bit", () => {
  const run = { steps: 10, schedule: { name: "constant" as const, learningRate: 0.1, warmUp: 0.3 } };
  expect([0, 3, 9].map((step) => learningRateAt(run, step))).toEqual([0.1, 0.1, 0.1]);
});

test.each([
  { step: 0, rate: 0.016 },
  { step: 1, rate: 0.016653061224489795 },
  { step: 294, rate: 0.20800000000000002 },
  { step: 588, rate: 0.4 },
  { step: 589, rate: 0.39970845481049566 },
  { step: 1959, rate: 0.0002915451895043732 },
])("TR4 a one-cycle of 1960 steps has $rate at step $step", ({ step, rate }) => {
  expect(learningRateAt(oneCycle(1960), step)).toBe(rate);
});

test("TR4 a one-cycle rises to its peak, then falls towards 0", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.double({ min: 0, max: 1, noNaN: true }), (steps, warmUp) => {
      const rates = Array.from({ length: steps }, (_, step) => learningRateAt(oneCycle(steps, warmUp), step));
      const top = rates.indexOf(Math.max(...rates));
      for (let step = 1; step < steps; step++) {
        if (step <= top) expect(rates[step]).toBeGreaterThanOrEqual(rates[step - 1]);
        else expect(rates[step]).toBeLessThan(rates[step - 1]);
      }
      for (const rate of rates) {
        expect(rate).toBeGreaterThan(0);
        expect(rate).toBeLessThanOrEqual(0.4 * (1 + 1e-12));
      }
    }),
  );
});

test("TR4 without warm-up it begins at its peak", () => {
  expect(learningRateAt(oneCycle(10, 0), 0)).toBe(0.4);
});
