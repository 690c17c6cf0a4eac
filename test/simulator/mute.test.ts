import { describe, expect, test } from "vitest";
import { roundCount } from "../../coordinator/protocol/rounds.ts";
import { noFaults } from "./faults.ts";
import { muteLies } from "./lies.ts";
import { longestRoundMs, simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";
import { Swarm } from "./swarm.ts";

const config = simulatedConfig({ steps: 240 });

/** LI5: four seconds, twice the 20 ms that a slot takes by the first guess, and two times the 2.5 s in which three heartbeats say the same. */
const LONGEST_ROUND_MS = 9000;

const alone = await simulate({ config, seed: 1, peers: 1, faults: noFaults });

describe("a peer that says it has computed, and is mute", () => {
  test.each(muteLies.flatMap((lie) => [1, 2, 3].map((seed) => [lie.name, seed, lie] as const)))(
    "LI5 %s (seed %i): the others go on with the same bits, and nobody honest is blamed",
    async (_, seed, lie) => {
      const { hash, doneAt, honest, reasons, membership } = await simulate({ config, seed, peers: 7, faults: noFaults, liars: [lie] });
      expect(hash, reasons.join("\n")).toBe(alone.hash);
      expect(longestRoundMs(doneAt), reasons.join("\n")).toBeLessThan(LONGEST_ROUND_MS);
      expect(honest, reasons.join("\n")).toEqual([]);
      expect(membership.audits.strikes.size).toBe(0);
      expect(reasons.join("\n")).toMatch(/P1 \(peer \d+\) (is late in round|has a slow line)|nothing comes between .*P1 \(peer/);
      expect(reasons.join("\n")).not.toMatch(/P[2-8] \(peer \d+\) is late/);
      const members = [...membership.peers.values()].filter(({ stage, hello }) => stage === "member" && hello.name !== "P1");
      expect(members).toHaveLength(7);
    },
  );

  test.each([1, 2, 3])("LI5 three of ten, each in its own way (seed %i)", async (seed) => {
    const liars = [0, 1, 2].map((i) => muteLies[(2 * seed + i) % muteLies.length]);
    const { hash, doneAt, honest, reasons } = await simulate({ config, seed, peers: 7, faults: noFaults, liars });
    expect(hash, reasons.join("\n")).toBe(alone.hash);
    expect(longestRoundMs(doneAt), reasons.join("\n")).toBeLessThan(2 * LONGEST_ROUND_MS);
    expect(honest, reasons.join("\n")).toEqual([]);
  });

  test.each([
    ["contributes nothing", /P2 \(peer 2\) waits for the contribution of P1 \(peer 1\)/],
    ["keeps what it sums up", /P2 \(peer 2\) waits for reduced slices of P1 \(peer 1\)/],
  ])("LI6 of two peers nobody can tell, and the alarm says who waits for whom: one %s", async (name, sentence) => {
    const swarm = new Swarm(config, 1, 2);
    swarm.join(muteLies.find((lie) => lie.name === `mute: ${name}`));
    swarm.join();
    while (swarm.time.now < 30_000 && (await swarm.time.step()));
    expect(swarm.membership.committed).toBeLessThan(roundCount(config));
    const alarms = swarm.reasons.filter((reason) => /has stood still for/.test(reason));
    expect(alarms).toHaveLength(1);
    expect(alarms[0]).toMatch(sentence);
    expect(alarms[0]).toMatch(/of two peers nobody can tell whose line it is$/);
  });
});
