import { expect, test } from "vitest";
import { afterEnd, type EndedConnection, firstRetry, type Retry } from "../../worker/session/retry.ts";

const lost: EndedConnection = { welcomed: true, sentAway: false, lastedMs: 1200, hasState: true };
const unreachable: EndedConnection = { welcomed: false, sentAway: false, lastedMs: 3, hasState: true };
const sentAway: EndedConnection = { welcomed: true, sentAway: true, lastedMs: 40, hasState: true };

/** The waits after so many connections that ended alike, each followed by its wait. */
function waits(ended: EndedConnection, times: number): number[] {
  let [now, retry]: [number, Retry] = [0, firstRetry(0)];
  return Array.from({ length: times }, () => {
    now += ended.lastedMs;
    const decision = afterEnd(retry, ended, now);
    if (!("retry" in decision)) throw new Error(`expected another attempt after ${now} ms, got ${JSON.stringify(decision)}`);
    ({ retry } = decision);
    now += retry.waitMs;
    return retry.waitMs;
  });
}

test("SE13 a coordinator that is killed again and again is asked promptly each time it was there", () => {
  expect(waits(lost, 20)).toEqual(Array.from({ length: 20 }, () => 250));
});

test("SE13 one that cannot be reached, or sends the peer away at once, is asked less and less often", () => {
  expect(waits(unreachable, 7)).toEqual([500, 1000, 2000, 4000, 5000, 5000, 5000]);
  expect(waits(sentAway, 7)).toEqual([500, 1000, 2000, 4000, 5000, 5000, 5000]);
  expect(waits({ ...sentAway, lastedMs: 60_000 }, 3)).toEqual([250, 250, 250]);
});

test("SE13 a peer that was never in gives up after 5 s, one that was part of the run after 10 minutes, with a sentence", () => {
  expect(afterEnd(firstRetry(0), { ...unreachable, hasState: false }, 5001)).toEqual({ neverIn: true });
  expect(afterEnd(firstRetry(0), unreachable, 600_000)).toHaveProperty("retry");
  expect(afterEnd(firstRetry(0), unreachable, 600_001)).toEqual({ giveUp: "The coordinator did not come back within 10 minutes" });
});
