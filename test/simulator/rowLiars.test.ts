import { expect, test } from "vitest";
import { noFaults } from "./faults.ts";
import { contributionLies, type Lie, lies, lyingAggregator } from "./lies.ts";
import { simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";

/**
 * More than 32 peers: audits on two levels. The swarm itself fails when an honest peer is dropped for anything but its silence, and when two
 * honest peers end a round with other bits.
 */
const config = simulatedConfig({ slots: 72, microBatch: 1, steps: 60 });

const run = (seed: number, liars: readonly Lie[], auditShare = 0.5) =>
  simulate({ config, seed, peers: 37 - liars.length, minPeers: 37, faults: noFaults, liars, auditShare });

/** Its word stands against that of two more at a time: that takes longest. */
const [saysOtherwise] = contributionLies.filter(({ name }) => name.startsWith("same key"));

test.each(contributionLies.filter((lie) => lie !== saysOtherwise).map((lie) => [lie.name, lie] as const))(
  "AU1 AU4 AU6 on two levels: %s: found out, removed when it does it again; the honest ones end with the same bits",
  async (_, lie) => {
    const { drops, hashes, reasons, membership } = await run(2, [lie]);
    expect(
      drops.map(({ name }) => name),
      reasons.join("\n"),
    ).toEqual(["P1", "P1"]);
    expect(membership.audits.strikes.size).toBe(1);
    expect(hashes.size).toBe(membership.committed);
  },
);

test("AU8 on two levels who sends otherwise than it says has its word against ever more, until they are more than half of the members", async () => {
  const { drops, reasons } = await run(2, [saysOtherwise]);
  expect(drops[0]?.sentence, reasons.join("\n")).toMatch(/^P1 \(peer 1\) has the word of \d+ of 37 members against its own/);
});

test("AU8 AU12 an aggregator that sends on another sum than it says loses its seat, and so does the owner that says so", async () => {
  // Peer 1 owns slice 0; peer 2 is its row's aggregator of slice 1. Peer 1 is as good as honest.
  const { drops, reasons, membership } = await run(3, [{ name: "none" }, lyingAggregator]);
  const contradictions = reasons.filter((reason) => /contradict each other/.test(reason));
  expect(contradictions.length, reasons.join("\n")).toBeGreaterThan(0);
  for (const contradiction of contradictions) expect(contradiction).toMatch(/P2 \(peer 2\)/);
  expect(drops).toEqual([]); // its word against few others'
  const { seats, members } = membership.views.at(-1) ?? {};
  expect(members).toContain(2);
  expect(seats).not.toContain(2);
});

test("AU4 on two levels an owner that sums up otherwise than it received is found out", async () => {
  const { drops } = await run(
    1,
    lies().filter(({ name }) => name === "lying owner"),
  );
  expect(drops[0]?.name).toBe("P1");
  expect(drops[0]?.sentence).toMatch(/summed up otherwise|against its own/);
});

test("AU3 on two levels five of 37 who lie together are all found, and no honest peer is", async () => {
  const [a, b] = contributionLies.filter(({ name }) => name === "sign-flipped" || name === "one bit");
  const { drops, membership } = await run(4, [a, b, a, b, a]);
  expect(new Set(drops.map(({ name }) => name))).toEqual(new Set(["P1", "P2", "P3", "P4", "P5"]));
  expect(membership.audits.strikes.size).toBe(5);
});

test("AU3 on two levels nobody is accused while peers are lost, late and come", async () => {
  const faults = { ...noFaults, kill: 3000, join: 1500, slow: 1500, breakLink: 600, duplicate: 0.03, reorder: true };
  const { membership, reasons } = await simulate({ config, seed: 5, peers: 42, minPeers: 40, faults, auditShare: 0.2 });
  expect(membership.audits.strikes.size).toBe(0);
  expect(membership.audits.nextInquiry).toBeGreaterThan(50);
  expect(reasons.filter((reason) => /disputed|contradict|verdict/.test(reason))).toEqual([]);
});
