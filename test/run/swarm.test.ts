import { expect, test } from "vitest";
import { roundCount } from "../../coordinator/protocol/rounds.ts";
import { Swarm, smallConfig } from "./swarm.ts";

async function undisturbed(peers: number, seed: number): Promise<Swarm> {
  const swarm = new Swarm(smallConfig(), seed, peers);
  for (let i = 0; i < peers; i++) swarm.join();
  await swarm.settle();
  return swarm;
}

const reference = undisturbed(1, 1);

test("one peer alone completes the run", async () => {
  const swarm = await reference;
  expect(swarm.membership.phase).toBe("finished");
  expect(swarm.hashes.size).toBe(roundCount(swarm.config));
});

test.each([2, 3, 5, 8, 11])("AR1 %i peers end every round with the bits of one peer", async (peers) => {
  const swarm = await undisturbed(peers, 42);
  expect(swarm.membership.phase).toBe("finished");
  expect(swarm.hashes).toEqual((await reference).hashes);
});

test.each(Array.from({ length: 200 }, (_, i) => i + 1))("AR2 bits do not depend on who comes and goes (seed %i)", async (seed) => {
  const swarm = new Swarm(smallConfig(), seed, 2);
  for (let i = 0; i < 3; i++) swarm.join();
  await swarm.settle(() => {
    const dice = swarm.random(400);
    if (dice === 0 && swarm.alive().length < 8) swarm.join();
    if (dice === 1 && swarm.membership.phase === "running") {
      const members = swarm.alive().filter(({ id }) => swarm.membership.peers.get(id)?.stage === "member");
      const victims = swarm.alive();
      const victim = victims[swarm.random(victims.length)];
      if (victim !== undefined && members.some(({ id }) => id !== victim.id)) swarm.kill(victim.id);
    }
  });
  expect(swarm.membership.phase, swarm.reasons.join("\n")).toBe("finished");
  expect(swarm.hashes).toEqual((await reference).hashes);
  for (const peer of swarm.alive()) {
    for (const [round, computed] of peer.computed) expect(new Set(computed).size, `peer ${peer.id}, round ${round}`).toBe(computed.length);
  }
});
