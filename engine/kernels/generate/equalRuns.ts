/** Neighbours in a list that are the same thing at places a constant distance apart: code written once and looped over. */
export interface EqualRun<T> {
  readonly first: T;
  readonly count: number;
  readonly step: Place;
}

/** Where a part works: how far into the input, how far into the output. */
export interface Place {
  readonly input: number;
  readonly output: number;
}

/** Joins neighbours with equal keys whose places are equally spaced. */
export function equalRuns<T extends Place & { readonly key: string }>(items: readonly T[]): readonly EqualRun<T>[] {
  const runs: EqualRun<T>[] = [];
  for (const item of items) {
    const last = runs.at(-1);
    const step = last === undefined ? undefined : stepTo(last, item);
    if (last !== undefined && step !== undefined) runs[runs.length - 1] = { first: last.first, count: last.count + 1, step };
    else runs.push({ first: item, count: 1, step: { input: 0, output: 0 } });
  }
  return runs;
}

/** The step from the last item of the run to the next one, if that continues the run. */
function stepTo<T extends Place & { readonly key: string }>(run: EqualRun<T>, item: T): Place | undefined {
  if (run.first.key !== item.key) return undefined;
  const step = {
    input: item.input - run.first.input - (run.count - 1) * run.step.input,
    output: item.output - run.first.output - (run.count - 1) * run.step.output,
  };
  return run.count === 1 || (step.input === run.step.input && step.output === run.step.output) ? step : undefined;
}
