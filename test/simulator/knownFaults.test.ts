import { expect, test } from "vitest";
import { noFaults } from "./faults.ts";
import { type PlannedFault, simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";
import { standIns } from "./standInReplica.ts";

/** What has gone wrong in comparable systems. */
const config = simulatedConfig({ steps: 100 });
const alone = simulate({ config, seed: 1, peers: 1, faults: noFaults });

const at = (...happenings: [number, PlannedFault][]) => new Map(happenings);

const killAll: PlannedFault = (swarm) => {
  for (const seat of swarm.alive()) swarm.kill(seat);
};

// horovod #3494
test("ME11 ME5 below the minimum the run goes on, and grows again", async () => {
  const shrink: PlannedFault = (swarm) => {
    swarm.kill(swarm.seats[0]);
    swarm.kill(swarm.seats[1]);
  };
  const grow: PlannedFault = (swarm) => {
    for (let i = 0; i < 4; i++) swarm.join();
  };
  const { hashes, reasons } = await simulate({
    config,
    seed: 5,
    peers: 3,
    minPeers: 3,
    faults: noFaults,
    at: at([200, shrink], [400, grow]),
  });
  expect(hashes).toEqual((await alone).hashes);
  expect(reasons.filter((reason) => /takes? part from/.test(reason)).length).toBeGreaterThan(0);
});

// horovod #2652
test("ME6 a newcomer that stands still as soon as it has come keeps nobody waiting", async () => {
  const undisturbed = await simulate({ config, seed: 5, peers: 3, faults: noFaults });
  const stall: PlannedFault = (swarm) => swarm.freeze(swarm.join(), 60_000);
  const { hashes, virtualMs } = await simulate({ config, seed: 5, peers: 3, faults: noFaults, at: at([200, stall]) });
  expect(hashes).toEqual((await alone).hashes);
  expect(virtualMs).toBeLessThan(1.1 * undisturbed.virtualMs);
});

// disco: the last client that was missing leaves, and the others wait for it for ever
test("ME5 the peer that links were waited for leaves: the others begin", async () => {
  const leave: PlannedFault = (swarm) => swarm.kill(swarm.seats[2]);
  const { hashes } = await simulate({ config, seed: 5, peers: 3, faults: noFaults, at: at([3, leave]) });
  expect(hashes).toEqual((await alone).hashes);
});

test("ME13 ME20 everybody leaves, others come: the run ends with the same bits", async () => {
  const comeBack: PlannedFault = (swarm) => {
    swarm.join();
    swarm.join();
  };
  const { hashes } = await simulate({ config, seed: 5, peers: 3, faults: noFaults, at: at([1000, killAll], [1001, comeBack]) });
  expect(hashes).toEqual((await alone).hashes);
});

// disco #1109
test("SE3 a faster peer sends before the slower listens", async () => {
  const sleep: PlannedFault = (swarm) => swarm.freeze(swarm.seats[1], 400);
  for (let moment = 0; moment < 60; moment += 4) {
    const { hashes } = await simulate({ config, seed: 5, peers: 2, faults: noFaults, at: at([moment, sleep]) });
    expect(hashes).toEqual((await alone).hashes);
  }
});

// A window of rounds counts from where a peer begins, which it does not know before its first view.
test("SE3 a run goes on beyond round 256 when some hear of it later than others send", async () => {
  const long = simulatedConfig({ steps: 300, slots: 4, evaluate: false });
  const crash: PlannedFault = (swarm) => {
    swarm.slotMs = () => 0.01; // less than a message takes
    swarm.crashCoordinator(300);
  };
  const join: PlannedFault = (swarm) => swarm.join();
  const undisturbed = await simulate({ config: long, seed: 1, peers: 1, faults: noFaults });
  for (const seed of [1, 2]) {
    const late = await simulate({ config: long, seed, peers: 3, faults: noFaults, at: at([6500, crash], [6900, join], [7100, crash]) });
    expect(late.hashes).toEqual(undisturbed.hashes);
    expect(late.reasons.filter((reason) => /sent what cannot be/.test(reason))).toEqual([]);
    const begins = late.reasons.flatMap((reason) => /goes on from round (\d+)/.exec(reason)?.[1] ?? []).map(Number);
    expect(Math.max(...begins)).toBeGreaterThan(257);
  }
});

// disco: a counter of 16 bits
test("FR1 more than 65,536 frames over one link", async () => {
  const steps = 4200;
  const slices = 16; // eight of them to the other and eight back, as contributions and as sums
  const kit = standIns({ train: { length: 512 * slices, sumLength: 512 * slices }, evaluate: { length: 3, sumLength: 3 } });
  const long = simulatedConfig({ steps, slots: 2, evaluate: false });
  const { hashes } = await simulate({ config: long, seed: 5, peers: 2, faults: noFaults, kit });
  expect(steps * slices).toBeGreaterThan(65_536);
  expect(hashes.size).toBe(steps);
});
