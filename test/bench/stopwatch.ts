import type { KernelSet } from "../../engine/kernels/kernelSet.ts";
import { POINTWISE } from "../../engine/kernels/pointwise.ts";
import { measurableRuns, millisecondsOf } from "./measurable.ts";

/** Times kernels on a shared, noisy machine: every measurement lies between two runs of a kernel whose speed is known. */
export interface Stopwatch {
  /** The speed of the calibration kernel when nothing disturbs it, in GFLOP/s. */
  readonly fullSpeed: () => number;
  /** Milliseconds that one run takes: the median of those during which the core was at full speed, or the shortest if there were none. */
  time(run: () => void): number;
}

const CALIBRATION = { rows: 240, depth: 256, outputs: 8 }; // all in the first-level cache
const WARM_UP_MS = 60; // until the optimising compiler is done with a kernel
const BUDGET_MS = 400;
const ENOUGH = 60;
const AT_FULL_SPEED = 0.94;

/** Asks the set for the calibration kernel; call `start` once it is linked. Its buffers lie at `address`. */
export function stopwatch(set: KernelSet, address: number): { start(): Stopwatch } {
  const { rows, depth, outputs } = CALIBRATION;
  const product = set.kernels.conv2d({ height: 1, width: 1, channels: depth, outChannels: outputs, ...POINTWISE });
  const weights = address + rows * depth;
  const run = () => product(rows, address, weights, weights + depth * outputs);
  const start = () => {
    repeatFor(WARM_UP_MS, run);
    const runs = measurableRuns(run);
    return started(() => (2 * rows * depth * outputs) / millisecondsOf(run, runs) / 1e6);
  };
  return { start };
}

function started(calibrate: () => number): Stopwatch {
  let fullSpeed = 0;
  repeatFor(500, () => {
    fullSpeed = Math.max(fullSpeed, calibrate());
  });
  fullSpeed *= 0.99; // the very fastest run is luck
  const time = (run: () => void) => {
    repeatFor(WARM_UP_MS, run);
    const undisturbed: number[] = [];
    let shortest = Number.POSITIVE_INFINITY;
    const runs = measurableRuns(run);
    let before = calibrate();
    repeatFor(BUDGET_MS, () => {
      if (undisturbed.length >= ENOUGH) return;
      const milliseconds = millisecondsOf(run, runs);
      const after = calibrate();
      if (Math.min(before, after) > AT_FULL_SPEED * fullSpeed) undisturbed.push(milliseconds);
      shortest = Math.min(shortest, milliseconds);
      before = after;
    });
    undisturbed.sort((a, b) => a - b);
    return undisturbed[Math.floor(undisturbed.length / 2)] ?? shortest;
  };
  return { fullSpeed: () => fullSpeed, time };
}

function repeatFor(milliseconds: number, run: () => void): void {
  const end = performance.now() + milliseconds;
  do run();
  while (performance.now() < end);
}
