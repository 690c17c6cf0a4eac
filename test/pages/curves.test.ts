import { describe, expect, test } from "vitest";
import { drawnCurves } from "../../coordinator/dashboard/curves.ts";
import { niceMaximum } from "../../coordinator/dashboard/niceScale.ts";
import { RunHistory } from "../../coordinator/dashboard/runHistory.ts";
import { smooth } from "../../coordinator/dashboard/smoothing.ts";
import { throughput } from "../../coordinator/dashboard/throughput.ts";
import type { EvaluationPoint, StepPoint } from "../../coordinator/protocol/dashboard.ts";
import { MockRun } from "./mockRun.ts";

const snapshot = new MockRun({ peers: 1, steps: 0, phase: "running" }).snapshot();

/** One step a second, 100 images each. */
function history(losses: readonly number[], evaluations: readonly EvaluationPoint[] = []): RunHistory {
  const steps = losses.map(
    (loss, step): StepPoint => ({
      step,
      round: step,
      epoch: 0,
      at: 5_000_000 + 1000 * step,
      metrics: { images: 100, lossSum: 100 * loss, correct: 40, saturated: 0, nonFinite: 0, skipped: false, learningRate: 0.1 },
      hash: "0".repeat(16),
      members: 1,
    }),
  );
  return new RunHistory({ ...snapshot, steps, evaluations, events: [] });
}

const all = { axis: "step", smoothing: 1, range: null, groups: 1000 } as const;

describe("the curves of the learning chart", () => {
  test("are every step, as long as there is room", () => {
    const curves = drawnCurves(history([3, 2, 1]), all);
    expect(curves.x).toEqual([0, 1, 2]);
    expect(curves.lossLow).toEqual([3, 2, 1]);
    expect(curves.lossHigh).toEqual([3, 2, 1]);
    expect(curves.loss).toEqual([3, 2, 1]);
    expect([curves.groupSize, curves.stepsShown]).toEqual([1, 3]);
  });

  test("keep the least and the greatest loss of 100,000 steps, wherever they are", () => {
    const losses = Array.from({ length: 100_000 }, (_, i) => 1 + 0.1 * Math.sin(i));
    losses[31_337] = 9;
    losses[77_777] = 0.01;
    const curves = drawnCurves(history(losses), all);
    expect(curves.groupSize).toBe(128);
    expect(curves.x.length).toBe(Math.ceil(100_000 / 128));
    expect(Math.max(...(curves.lossHigh as number[]))).toBe(9);
    expect(Math.min(...(curves.lossLow as number[]))).toBe(0.01);
  });

  test("keep the borders of old groups while the run grows", () => {
    const losses = Array.from({ length: 3000 }, (_, i) => Math.sin(i));
    const before = drawnCurves(history(losses.slice(0, 2900)), all);
    const after = drawnCurves(history(losses), all);
    expect(after.x.slice(0, 700)).toEqual(before.x.slice(0, 700));
    expect(after.lossHigh.slice(0, 700)).toEqual(before.lossHigh.slice(0, 700));
  });

  test("show every step of a small range, and one beyond either edge", () => {
    const curves = drawnCurves(history(Array.from({ length: 10_000 }, (_, i) => i)), { ...all, range: [500.5, 503.2] });
    expect(curves.x).toEqual([500, 501, 502, 503, 504]);
    expect(curves.groupSize).toBe(1);
  });

  test("leave a gap where a loss was not a number, and go on with the smoothed one", () => {
    const curves = drawnCurves(history([2, Number.NaN, 1]), all);
    expect(curves.lossLow).toEqual([2, null, 1]);
    expect(curves.loss).toEqual([2, 2, 1]);
  });

  test("put an evaluation at the number of steps before it, or at its own time", () => {
    const evaluation: EvaluationPoint = {
      step: 2,
      round: 2,
      epoch: 0,
      at: 5_001_500,
      images: 200,
      correct: 150,
      lossSum: 90,
      nonFinite: 0,
    };
    const bySteps = drawnCurves(history([3, 2, 1], [evaluation]), all);
    expect(bySteps.testAccuracy).toEqual([null, null, 0.75]);
    const byTime = drawnCurves(history([3, 2, 1], [evaluation]), { ...all, axis: "time" });
    expect(byTime.x).toEqual([0, 1, 1.5, 2]);
    expect(byTime.testAccuracy).toEqual([null, null, 0.75, null]);
    expect(byTime.loss).toEqual([3, 2, null, 1]);
  });
});

describe("smoothing", () => {
  test("over one step changes nothing", () => expect([...smooth([3, 1, 2], 1)]).toEqual([3, 1, 2]));

  test("begins with the first value and never leaves the range of the values", () => {
    const smoothed = smooth([4, 0, 0, 0, 4], 10);
    expect(smoothed[0]).toBeCloseTo(4, 12);
    for (const value of smoothed) expect(value).toBeGreaterThan(0);
    expect(Math.max(...smoothed)).toBeLessThanOrEqual(4);
  });

  test("is the weighted mean of all values so far, each weighing 1 − 1/n of the next", () => {
    expect(smooth([1, 2, 4], 2)[2]).toBeCloseTo((1 * 0.25 + 2 * 0.5 + 4) / 1.75, 12);
  });
});

describe("the swarm's speed", () => {
  test("is images by time from the second step on", () => {
    expect(throughput(history([1, 1, 1]), "step", 10)).toEqual({ x: [1, 2], imagesPerSecond: [100, 100] });
    expect(throughput(history([1]), "step", 10)).toEqual({ x: [], imagesPerSecond: [] });
  });

  test("is the mean of a group where steps are many", () => {
    const { x, imagesPerSecond } = throughput(history(new Array(1001).fill(1)), "time", 120);
    expect(x.length).toBe(63);
    expect(x.at(-1)).toBe(1000);
    for (const rate of imagesPerSecond) expect(rate).toBeCloseTo(100, 9);
  });
});

describe("the history", () => {
  test("gives the median time of the last steps, so that a pause does not show", () => {
    const run = history(new Array(30).fill(1));
    expect(run.millisecondsPerStep()).toBe(1000);
    expect(history([1]).millisecondsPerStep()).toBeNaN();
  });

  test("knows the best evaluation and the epoch that reached it", () => {
    const evaluation = (epoch: number, correct: number): EvaluationPoint => ({
      step: epoch,
      round: epoch,
      epoch,
      at: 0,
      images: 100,
      correct,
      lossSum: 1,
      nonFinite: 0,
    });
    expect(history([], [evaluation(0, 50), evaluation(1, 70), evaluation(2, 60)]).bestEvaluation()).toEqual({ accuracy: 0.7, epoch: 1 });
    expect(history([]).bestEvaluation()).toBeUndefined();
  });
});

test.each([
  [0, 1],
  [0.13, 0.15],
  [2.45, 2.5],
  [2.5, 2.5],
  [8.1, 10],
  [1384, 1500],
  [Number.NaN, 1],
])("a scale up to %d ends at %d", (high, end) => expect(niceMaximum(high)).toBeCloseTo(end, 12));
