import type { DashboardSnapshot, DashboardUpdate, EvaluationPoint, RunEvent, StepPoint } from "../protocol/dashboard.ts";
import { meanLoss } from "../protocol/meanLoss.ts";

/** Older events are forgotten: the run's journal has them all. */
const KEPT_EVENTS = 1000;

/** Every step of the run so far, column by column; a step without a finite loss has NaN. Grows with updates, starts anew with a snapshot. */
export class RunHistory {
  readonly points: StepPoint[] = [];
  readonly evaluations: EvaluationPoint[] = [];
  /** The newest of them. */
  readonly events: RunEvent[] = [];
  /** How many there were, those that are forgotten included. */
  eventCount = 0;
  readonly steps: number[] = [];
  /** Seconds since the first step ended. */
  readonly seconds: number[] = [];
  readonly losses: number[] = [];
  readonly accuracies: number[] = [];

  constructor(snapshot: DashboardSnapshot) {
    this.append(snapshot);
  }

  append(news: DashboardSnapshot | DashboardUpdate): void {
    for (const point of news.steps) {
      this.points.push(point);
      this.steps.push(point.step);
      this.seconds.push(this.secondsAt(point.at));
      this.losses.push(meanLoss(point.metrics));
      this.accuracies.push(mean(point.metrics.correct, point.metrics.images));
    }
    for (const evaluation of news.evaluations) this.evaluations.push(evaluation);
    this.events.push(...news.events);
    this.events.splice(0, this.events.length - KEPT_EVENTS);
    this.eventCount += news.events.length;
  }

  get last(): StepPoint | undefined {
    return this.points.at(-1);
  }

  /** The time axis begins with the first step: what passed before it was waiting. */
  secondsAt(at: number): number {
    return (at - (this.points[0]?.at ?? at)) / 1000;
  }

  /** The best accuracy on the test images, and the epoch that reached it. */
  bestEvaluation(): { readonly accuracy: number; readonly epoch: number } | undefined {
    let best: { accuracy: number; epoch: number } | undefined;
    for (const evaluation of this.evaluations) {
      const accuracy = mean(evaluation.correct, evaluation.images);
      if (accuracy > (best?.accuracy ?? -1)) best = { accuracy, epoch: evaluation.epoch };
    }
    return best;
  }

  /** Median time between the ends of the last steps: an evaluation or a pause among them does not show. */
  millisecondsPerStep(over = 21): number {
    const recent = this.points.slice(-over - 1);
    const gaps = recent.slice(1).map((point, i) => point.at - (recent[i] as StepPoint).at);
    if (gaps.length === 0) return Number.NaN;
    return gaps.sort((a, b) => a - b)[gaps.length >> 1] as number;
  }
}

/** JSON has no NaN: a sum that was not a number arrives as null, whatever its type says. */
export function mean(sum: number, n: number): number {
  return n > 0 && Number.isFinite(sum) ? sum / n : Number.NaN;
}
