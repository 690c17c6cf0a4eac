const LEAST_MS = 2; // the clock of a page may advance by 0.1 ms at a time: 5 % of this

/** How many runs in a row take long enough for a coarse clock; they are run on the way. */
export function measurableRuns(run: () => void): number {
  for (let runs = 1; ; runs *= 2) if (millisecondsOf(run, runs) * runs >= LEAST_MS) return runs;
}

/** Milliseconds that one of so many runs in a row takes. */
export function millisecondsOf(run: () => void, runs: number): number {
  const start = performance.now();
  for (let i = 0; i < runs; i++) run();
  return (performance.now() - start) / runs;
}
