import { outputSize } from "../outputSize.ts";

/** A filter tap and the position that it reads. */
export interface Tap {
  readonly tap: number;
  readonly source: number;
}

/**
 * One dimension of a convolution, seen from its output: which taps reach an output position, and what they read there.
 * Taps outside the map are left out, so a convolution needs no padding in memory.
 */
export interface Axis {
  readonly outputs: number;
  readonly sources: number;
  /** Outputs o and o + phases meet the same taps (borders aside), and their sources lie `sourceStep` apart. */
  readonly phases: number;
  readonly sourceStep: number;
  /** From a tap of an output to its next tap, and from its source to the next source. */
  readonly tapStep: number;
  readonly tapSourceStep: number;
  /** For every output its taps, in the order in which they are added up. */
  readonly taps: readonly (readonly Tap[])[];
}

/** The numbers of a convolution along one dimension. */
export interface AxisShape {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/** y[o] = Σ_k x[o · stride − padding + k · dilation] w[k]. */
export function forwardAxis(shape: AxisShape): Axis {
  const { size, kernel, stride, padding, dilation } = shape;
  const outputs = outputSize(size, kernel, stride, padding, dilation);
  const source = (output: number, tap: number) => output * stride - padding + tap * dilation;
  return {
    outputs,
    sources: size,
    phases: 1,
    sourceStep: stride,
    tapStep: 1,
    tapSourceStep: dilation,
    taps: tapsWithin(outputs, kernel, size, source),
  };
}

/**
 * dx[i] = Σ_k dy[(i + padding − k · dilation) / stride] w[k] over the k for which that is an integer.
 * Taps are numbered backwards (t = kernel − 1 − k), so that sources grow with them: packed weights are flipped.
 */
export function gradientAxis(shape: AxisShape): Axis {
  const { size, kernel, stride, padding, dilation } = shape;
  const sources = outputSize(size, kernel, stride, padding, dilation);
  const source = (output: number, tap: number) => (output + padding - (kernel - 1 - tap) * dilation) / stride;
  const common = greatestCommonDivisor(stride, dilation);
  return {
    outputs: size,
    sources,
    phases: stride,
    sourceStep: 1,
    tapStep: stride / common,
    tapSourceStep: dilation / common,
    taps: tapsWithin(size, kernel, sources, source),
  };
}

/** Outputs `first`, `first` + phases, … that meet the same taps; the sources of each are `sourceStep` further on. */
export interface Run {
  readonly first: number;
  readonly count: number;
  /** The taps of the first output. */
  readonly taps: readonly Tap[];
}

/** All outputs in runs as long as possible, phase by phase. */
export function runsOf(axis: Axis): readonly Run[] {
  return range(Math.min(axis.phases, axis.outputs)).flatMap((phase) => {
    const runs: { first: number; count: number; taps: readonly Tap[] }[] = [];
    for (let output = phase; output < axis.outputs; output += axis.phases) {
      const taps = axis.taps[output];
      const last = runs.at(-1);
      if (last !== undefined && sameTaps(last.taps, taps)) last.count++;
      else runs.push({ first: output, count: 1, taps });
    }
    return runs;
  });
}

export function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function sameTaps(a: readonly Tap[], b: readonly Tap[]): boolean {
  return a.length === b.length && a.every(({ tap }, i) => tap === b[i]?.tap);
}

/** For every output the taps whose source is a whole number in the map. */
function tapsWithin(outputs: number, kernel: number, sources: number, source: (output: number, tap: number) => number) {
  return range(outputs).map((output) =>
    range(kernel)
      .map((tap) => ({ tap, source: source(output, tap) }))
      .filter((met) => Number.isInteger(met.source) && met.source >= 0 && met.source < sources),
  );
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
