import { describe, expect, test } from "vitest";
import { noFaults } from "./faults.ts";
import { muteLies } from "./lies.ts";
import type { Seat } from "./seat.ts";
import { longestRoundMs, simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";
import { standIns } from "./standInReplica.ts";
import type { Swarm } from "./swarm.ts";

/** More than 32 peers, on two levels. The last row is short where there are few more. */
const config = simulatedConfig({ slots: 72, microBatch: 1, steps: 60 });
const alone = await simulate({ config, seed: 1, peers: 1, faults: noFaults });

/** LI7: a mute peer may first lose its seat, and then be found mute towards the owners, too. */
const LONGEST_ROUND_MS = 14_000;

describe("a peer of a run on two levels that says it has computed, and is mute", () => {
  test.each([37, 64].flatMap((peers) => muteLies.map((lie) => [lie.name, peers, lie] as const)))(
    "LI7 %s (%i peers): the others go on with the same bits, and nobody honest is blamed",
    async (_, peers, lie) => {
      const { hash, doneAt, honest, reasons, membership } = await simulate({
        config,
        seed: peers,
        peers: peers - 1,
        minPeers: peers,
        faults: noFaults,
        liars: [lie],
      });
      expect(hash, reasons.join("\n")).toBe(alone.hash);
      expect(longestRoundMs(doneAt), reasons.join("\n")).toBeLessThan(LONGEST_ROUND_MS);
      expect(honest, reasons.join("\n")).toEqual([]);
      expect(membership.audits.strikes.size).toBe(0);
      expect(reasons.join("\n")).toMatch(/P1 \(peer \d+\) is late in round|nothing comes between .*P1 \(peer/);
      expect(reasons.join("\n")).not.toMatch(/P([2-9]|\d\d) \(peer \d+\) is late/);
    },
  );

  // As many slices as a model has: each member brings some together, and sees who is mute.
  test.each(["contributes nothing", "sends every other peer nothing", "sends nothing now and then"])(
    "LI7 with 64 slices: %s",
    async (name) => {
      const kit = standIns({ train: { length: 64 * 512, sumLength: 64 * 512 }, evaluate: { length: 3, sumLength: 3 } });
      const short = { ...config, steps: 24 };
      const undisturbed = await simulate({ config: short, seed: 1, peers: 1, faults: noFaults, kit });
      const liars = muteLies.filter((lie) => lie.name === `mute: ${name}`);
      const { hash, doneAt, honest, reasons } = await simulate({
        config: short,
        seed: 3,
        peers: 39,
        minPeers: 40,
        faults: noFaults,
        liars,
        kit,
      });
      expect(hash, reasons.join("\n")).toBe(undisturbed.hash);
      expect(longestRoundMs(doneAt), reasons.join("\n")).toBeLessThan(LONGEST_ROUND_MS);
      expect(honest).toEqual([]);
      expect(reasons.join("\n")).toMatch(/P1 \(peer \d+\) is late in round/);
      expect(reasons.join("\n")).not.toMatch(/P([2-9]|\d\d) \(peer \d+\) is late/);
    },
  );
});

test.each([
  ["within a row", 2, 5],
  ["of a column", 1, 33],
])("LI7 a line %s that carries nothing any more, unnoticed: neither end sums up slices, nobody is blamed", async (_, a, b) => {
  const sever = (swarm: Swarm) => {
    const seat = (id: number) => swarm.seats.find(({ peer }) => peer.id === id) as Seat;
    swarm.breakLink(seat(a), seat(b), [1e9, 1e9]);
  };
  const { hash, doneAt, honest, reasons, membership } = await simulate({
    config,
    seed: 8,
    peers: 40,
    minPeers: 40,
    faults: noFaults,
    at: new Map([[6000, sever]]),
  });
  expect(hash, reasons.join("\n")).toBe(alone.hash);
  expect(longestRoundMs(doneAt), reasons.join("\n")).toBeLessThan(LONGEST_ROUND_MS);
  expect(honest).toEqual([]);
  const [given] = reasons.filter((reason) => /nothing comes between/.test(reason));
  expect(given, reasons.join("\n")).toMatch(
    new RegExp(`\\(peer ${a}\\) and P\\d+ \\(peer ${b}\\)|\\(peer ${b}\\) and P\\d+ \\(peer ${a}\\)`),
  );
  expect(reasons.join("\n")).not.toMatch(/is late/);
  expect(membership.views.at(-1)?.seats).not.toContain(a);
  expect(membership.views.at(-1)?.seats).not.toContain(b);
});
