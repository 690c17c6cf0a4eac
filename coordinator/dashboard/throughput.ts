import type { RunHistory } from "./runHistory.ts";

/** Images per second of the swarm over groups of steps: (images of the group) / (time from the end of the step before it to its own end). */
export interface Throughput {
  readonly x: readonly number[];
  readonly imagesPerSecond: readonly number[];
}

/** At most `groups` groups, all but the last of equal size; sizes are powers of two, so that old groups keep their borders while the run grows. */
export function throughput(history: RunHistory, axis: "step" | "time", groups: number): Throughput {
  const { points } = history;
  const xs = axis === "step" ? history.steps : history.seconds;
  const x: number[] = [];
  const imagesPerSecond: number[] = [];
  const size = 2 ** Math.max(0, Math.ceil(Math.log2((points.length - 1) / groups)));
  // The first step has no beginning to measure from.
  for (let from = 1; from < points.length; from += size) {
    const to = Math.min(from + size, points.length);
    const seconds = (history.seconds[to - 1] as number) - (history.seconds[from - 1] as number) || Number.NaN;
    let images = 0;
    for (let i = from; i < to; i++) images += points[i]?.metrics.images ?? 0;
    if (!Number.isFinite(seconds)) continue;
    x.push(xs[to - 1] as number);
    imagesPerSecond.push(images / seconds);
  }
  return { x, imagesPerSecond };
}
