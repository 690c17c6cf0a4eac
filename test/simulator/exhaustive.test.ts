import { expect, test } from "vitest";
import { describe, firstIncidents, type Incident, parseIncidents, runWith, tryFrom } from "./exhaustive.ts";

test("a run is named so that it can be run alone", () => {
  const incidents: Incident[] = [
    { fault: "break P1-P2", event: 12 },
    { fault: "crash coordinator", event: 12 },
  ];
  expect(describe(incidents)).toBe("break P1-P2 at 12, crash coordinator at 12");
  expect(parseIncidents(describe(incidents))).toEqual(incidents);
  expect(() => parseIncidents("kill P1 at 12, kill P9 at 13")).toThrow(/" kill P9 at 13" is not one of kill P1, /);
  expect(() => parseIncidents("kill P1")).toThrow(/with "at" and an event/);
});

test("SI1 SI2 SI3 SI4 every fault at every seventh event of three peers' run", async () => {
  const firsts = await firstIncidents();
  expect(firsts.length % 9).toBe(0);
  for (const first of firsts.filter(({ event }) => event % 7 === 0)) await runWith([first]);
});

test("SI1 SI2 SI3 SI4 the second fault comes at any event of the run that the first one leads to", async () => {
  const first = { fault: "freeze P2", event: 20 };
  const { events } = await runWith([first]);
  const failed: string[] = [];
  const tried = await tryFrom(first, 2, 10, (incidents, error) => failed.push(`${describe(incidents)}: ${error.message}`));
  expect(failed).toEqual([]);
  expect(tried).toEqual({ runs: 1 + 9 * Math.ceil((events - 20) / 10), failed: 0 });
});

test("a run that fails is told of, and the others go on", async () => {
  const failed: string[] = [];
  const tried = await tryFrom({ fault: "no such fault", event: 50 }, 2, 1, (incidents) => failed.push(describe(incidents)));
  expect(tried).toEqual({ runs: 1, failed: 1 });
  expect(failed).toEqual(["no such fault at 50"]);
});

// A coordinator that comes back gives the same numbers to others: who is killed before it has come back itself takes nobody along.
test("SI3 whoever is killed while it is away is not taken for the one who has its number now", async () => {
  const { reasons } = await runWith(parseIncidents("crash coordinator at 12, kill P1 at 26"));
  expect(reasons.filter((reason) => /left without a word/.test(reason))).toEqual([]);
});
