import type { EvaluationPoint, StepPoint } from "../protocol/dashboard.ts";
import { meanLoss } from "../protocol/meanLoss.ts";

/** A line of metrics.jsonl, for pandas and the like: flat, and means instead of sums. */
export function stepLine(point: StepPoint): string {
  const { step, epoch, at, members, hash, metrics } = point;
  const { images, correct, learningRate, saturated, nonFinite, skipped } = metrics;
  return JSON.stringify({
    kind: "train",
    step,
    epoch,
    time: new Date(at).toISOString(),
    loss: meanLoss(metrics), // null in JSON when it is not finite
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
  const { step, epoch, at, images, correct, nonFinite } = point;
  const time = new Date(at).toISOString();
  return JSON.stringify({ kind: "test", step, epoch, time, loss: meanLoss(point), accuracy: mean(correct, images), images, nonFinite });
}

const mean = (sum: number, count: number): number | null => (count === 0 ? null : sum / count);
