import { mean, type RunHistory } from "./runHistory.ts";
import { smooth } from "./smoothing.ts";

/** What the learning chart draws, all on one x axis; null is a gap. */
export interface Curves {
  readonly x: readonly number[];
  /** Least and greatest raw loss of each group of steps; the same where a group is one step. */
  readonly lossLow: readonly (number | null)[];
  readonly lossHigh: readonly (number | null)[];
  readonly loss: readonly (number | null)[];
  readonly trainAccuracy: readonly (number | null)[];
  readonly testAccuracy: readonly (number | null)[];
  /** The step of each x, for the readout. */
  readonly steps: readonly number[];
  /** How many steps there are in the range, and how many of them each x stands for. */
  readonly stepsShown: number;
  readonly groupSize: number;
}

export interface CurveOptions {
  readonly axis: "step" | "time";
  readonly smoothing: number;
  /** In units of the axis; null: everything. */
  readonly range: readonly [number, number] | null;
  /** More groups than this cannot be told apart on the screen. */
  readonly groups: number;
}

/**
 * Thins the history to what a screen can show without losing an outlier: neighbouring steps form groups, and each group keeps its least and
 * greatest loss. Group sizes are powers of two counted from the first step, so that the picture does not shimmer while it grows.
 */
export function drawnCurves(history: RunHistory, options: CurveOptions): Curves {
  const xs = options.axis === "step" ? history.steps : history.seconds;
  const [begin, end] = indexRange(xs, options.range);
  const groupSize = 2 ** Math.max(0, Math.ceil(Math.log2((end - begin) / options.groups)));
  const loss = smooth(history.losses, options.smoothing);
  const accuracy = smooth(history.accuracies, options.smoothing);
  const rows: Row[] = [];
  for (let from = begin - (begin % groupSize); from < end; from += groupSize) {
    const to = Math.min(from + groupSize, xs.length);
    const [low, high] = extent(history.losses, from, to);
    const last = to - 1;
    rows.push({
      x: xs[last] as number,
      step: history.steps[last] as number,
      low,
      high,
      loss: finite(loss[last]),
      train: finite(accuracy[last]),
      test: null,
    });
  }
  return columns(withEvaluations(rows, history, options), end - begin, groupSize);
}

interface Row {
  readonly x: number;
  readonly step: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly loss: number | null;
  readonly train: number | null;
  test: number | null;
}

/** Evaluations are few: all of them are kept, at their own x, outside the range too, so that the line enters and leaves it rightly. */
function withEvaluations(rows: Row[], history: RunHistory, options: CurveOptions): Row[] {
  const byX = new Map(rows.map((row) => [row.x, row]));
  for (const evaluation of history.evaluations) {
    const x = options.axis === "step" ? evaluation.step : history.secondsAt(evaluation.at);
    const test = finite(mean(evaluation.correct, evaluation.images));
    const row = byX.get(x);
    if (row === undefined) rows.push({ x, step: evaluation.step, low: null, high: null, loss: null, train: null, test });
    else row.test = test;
  }
  return rows.sort((a, b) => a.x - b.x);
}

function columns(rows: readonly Row[], stepsShown: number, groupSize: number): Curves {
  return {
    x: rows.map((row) => row.x),
    lossLow: rows.map((row) => row.low),
    lossHigh: rows.map((row) => row.high),
    loss: rows.map((row) => row.loss),
    trainAccuracy: rows.map((row) => row.train),
    testAccuracy: rows.map((row) => row.test),
    steps: rows.map((row) => row.step),
    stepsShown,
    groupSize,
  };
}

/** Indices of the x in the range, and one neighbour at either side, so that lines go on to the edge. */
function indexRange(xs: readonly number[], range: readonly [number, number] | null): [number, number] {
  if (range === null) return [0, xs.length];
  return [Math.max(0, firstNotBelow(xs, range[0]) - 1), Math.min(xs.length, firstNotBelow(xs, range[1]) + 1)];
}

/** Binary search in ascending numbers. */
function firstNotBelow(xs: readonly number[], value: number): number {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function extent(values: readonly number[], from: number, to: number): [number | null, number | null] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [null, null];
}

const finite = (value: number | undefined): number | null => (value !== undefined && Number.isFinite(value) ? value : null);
