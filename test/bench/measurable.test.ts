import { afterEach, expect, test, vi } from "vitest";
import { measurableRuns, millisecondsOf } from "./measurable.ts";

afterEach(() => void vi.restoreAllMocks());

/** A clock that advances by 0.1 ms at a time, and a run that takes so long. */
function coarseClock(runMs: number): () => void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => Math.floor(now * 10) / 10);
  return () => {
    now += runMs;
  };
}

test.each([0.001, 0.03, 0.4, 5])("what takes %f ms is measured to 6 %% with a clock of 0.1 ms, and never as 0", (runMs) => {
  const run = coarseClock(runMs);
  const measured = millisecondsOf(run, measurableRuns(run));
  expect(measured).toBeGreaterThan(0.94 * runMs);
  expect(measured).toBeLessThan(1.06 * runMs);
});
