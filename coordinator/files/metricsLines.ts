import type { EvaluationPoint, StepPoint } from "../protocol/dashboard.ts";

/** A line of metrics.jsonl, for pandas and the like: flat, and means instead of sums. */
export function stepLine(point: StepPoint): string {
  const { step, epoch, at, members, hash, metrics } = point;
  const { images, lossSum, correct, learningRate, saturated, nonFinite, skipped } = metrics;
  return JSON.stringify({
    kind: "train",
    step,
    epoch,
    time: new Date(at).toISOString(),
    loss: mean(lossSum, images),
    accuracy: mean(correct, images),
    images,
    learningRate,
    members,
    saturated,
    nonFinite,
    skipped,
    hash,
  });
}

export function evaluationLine(point: Omit<EvaluationPoint, "round">): string {
  const { step, epoch, at, images, correct, lossSum } = point;
  const time = new Date(at).toISOString();
  return JSON.stringify({ kind: "test", step, epoch, time, loss: mean(lossSum, images), accuracy: mean(correct, images), images });
}

const mean = (sum: number, count: number): number | null => (count === 0 ? null : sum / count);
