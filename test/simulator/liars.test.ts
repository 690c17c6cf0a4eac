import { describe, expect, test } from "vitest";
import { noFaults } from "./faults.ts";
import { contributionLies, lies, twoTongues } from "./lies.ts";
import { simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";

// Eight slots and eight peers: each contribution is one slot. The swarm itself fails when an honest peer is dropped for anything but its silence,
// and when two honest peers end a round with other bits.
const config = simulatedConfig({ steps: 240 });

const seeds = [1, 2, 3];

test.each(seeds.flatMap((seed) => contributionLies.map((lie) => [lie.name, seed, lie] as const)))(
  "AU1 AU6 %s (seed %i): found out, removed when it does it again, and kept out; the honest ones end with the same bits",
  async (_, seed, lie) => {
    const { drops, refusals, hashes, reasons, membership } = await simulate({ config, seed, peers: 7, faults: noFaults, liars: [lie] });
    expect(
      drops.map(({ name }) => name),
      reasons.join("\n"),
    ).toEqual(["P1", "P1"]);
    expect(drops[0].sentence).toMatch(/; it begins again with the run's state$/);
    expect(drops[1].sentence).toMatch(/; it was proven wrong 2 times and is removed for 10 minutes$/);
    expect(refusals).toEqual(["this peer was proven to compute wrong results 2 times: it may join again in 10 minutes"]);
    expect(hashes.size).toBe(255);
    expect([...membership.peers.values()].filter(({ stage }) => stage === "member")).toHaveLength(7);
  },
);

test.each(seeds)("AU4 an owner that sums up otherwise than it received is found out (seed %i)", async (seed) => {
  const lyingOwner = lies().filter(({ onlyAsOwner }) => onlyAsOwner);
  const { drops, membership } = await simulate({ config, seed, peers: 7, faults: noFaults, liars: lyingOwner });
  expect(drops.map(({ name }) => name)).toEqual(["P1"]);
  expect(drops[0].sentence).toMatch(/^P1 \(peer 1\) (says other totals|summed up otherwise)/);
  expect(membership.audits.strikes.size).toBe(1);
});

test("AU3 three of ten who lie together are all found, and no honest peer is", async () => {
  const [a, b] = contributionLies.filter(({ name }) => name === "sign-flipped" || name === "one bit");
  const { drops, membership } = await simulate({ config, seed: 4, peers: 7, faults: noFaults, liars: [a, b, a] });
  expect(new Set(drops.map(({ name }) => name))).toEqual(new Set(["P1", "P2", "P3"]));
  expect(membership.audits.strikes.size).toBe(3);
});

describe("an owner that tells peers different things", () => {
  const told = (peers: readonly number[], others: number) =>
    simulate({
      config,
      seed: 3,
      peers: others,
      faults: noFaults,
      liars: [twoTongues((peer) => peers.includes(peer))],
      forking: true,
      auditShare: 0,
    });

  test("ME23 what most members have counts, also when the others reported first; the run ends as if nothing had been", async () => {
    for (const peers of [[2], [3, 4, 5], [2, 3, 4, 5, 6]]) {
      const { victims, reasons, membership } = await told(peers, 6);
      expect(victims, reasons.join("\n")).toBe(Math.min(peers.length, 6 - peers.length + (peers.length > 3 ? 0 : 6)));
      expect(reasons.join("\n")).not.toMatch(/computed it|begins again from/);
      expect(membership.committed).toBe(255);
    }
  });

  test("ME24 of as many on either side, those are right who have what the coordinator computes", async () => {
    const { victims, reasons, membership } = await told([3, 4], 3);
    expect(reasons.join("\n")).toMatch(
      /round 20 ended with other bits at as many members on either side: the coordinator computes everything since/,
    );
    expect(reasons.join("\n")).toMatch(
      /round 20 ends with \w+, as the coordinator computed it: P3 \(peer 3\), P4 \(peer 4\) have to join again/,
    );
    expect(victims).toBe(2);
    expect(membership.committed).toBe(255);
  });
});

describe("without liars", () => {
  test("AU3 nobody is accused in 100,000 slots, whatever else goes wrong", async () => {
    const faults = { ...noFaults, kill: 30_000, join: 25_000, slow: 5000, breakLink: 3000, duplicate: 0.03, reorder: true };
    const clean = simulatedConfig({ steps: 1600, slots: 64, evaluate: false });
    const { membership, reasons } = await simulate({ config: clean, seed: 1, peers: 8, faults, auditShare: 0.2 });
    expect(membership.audits.strikes.size).toBe(0);
    expect(membership.audits.nextInquiry).toBeGreaterThan(1000);
    expect(reasons.filter((reason) => /disputed|contradict|verdict/.test(reason))).toEqual([]);
  });

  test("AU7 gradients that overflow at everyone are nobody's fault, and the alarm says so", async () => {
    const hot = simulatedConfig({ steps: 60, schedule: { name: "constant", learningRate: 100, warmUp: 0 } });
    const { membership, reasons, hashes } = await simulate({ config: hot, seed: 1, peers: 5, faults: noFaults });
    expect(membership.audits.strikes.size).toBe(0);
    expect(reasons.filter((reason) => /nobody is to blame, the run itself overflows/.test(reason))).toHaveLength(1);
    expect(hashes.get(20)).toBe(hashes.get(4)); // every step from the fifth on is skipped, by all alike
  });

  test("AU1 with share 0 nobody is audited", async () => {
    const { membership } = await simulate({ config, seed: 1, peers: 3, faults: noFaults, auditShare: 0 });
    expect(membership.audits.nextInquiry).toBe(1);
  });
});

test("AU7 who makes steps non-finite is found at once, though hardly anybody is audited", async () => {
  const [nan] = contributionLies;
  const { drops } = await simulate({ config, seed: 5, peers: 7, faults: noFaults, liars: [nan], auditShare: 0.0001 });
  expect(drops.length).toBe(2);
  expect(drops[0].round).toBeLessThan(80);
});

test.each(["infinite: everything saturated", "zero"])(
  "AU11 %s: found at once by its norm, though hardly anybody is audited",
  async (name) => {
    const liar = contributionLies.filter((lie) => lie.name === name);
    const { drops, membership } = await simulate({ config, seed: 6, peers: 7, faults: noFaults, liars: liar, auditShare: 0.0001 });
    expect(drops.map((drop) => drop.name)).toEqual(["P1", "P1"]);
    expect(drops[0].round).toBeLessThan(40); // about 20 are permitted by the time that the first is done
    expect(membership.audits.strikes.size).toBe(1);
  },
);
