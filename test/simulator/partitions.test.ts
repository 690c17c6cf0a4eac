import { expect, test } from "vitest";
import { noFaults } from "./faults.ts";
import { between, oneWay, partition } from "./partitions.ts";
import { type PlannedFault, simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";

const config = simulatedConfig({ steps: 150 });
const alone = simulate({ config, seed: 1, peers: 1, faults: noFaults });

/** Five peers, apart for a while; then everything is connected again. */
const apart: Record<string, (milliseconds: number) => PlannedFault> = {
  "the coordinator | all peers": (ms) => (swarm) => partition(swarm, between([swarm.coordinatorPort], swarm.seats), ms),
  "the coordinator | two peers": (ms) => (swarm) => partition(swarm, between([swarm.coordinatorPort], swarm.seats.slice(0, 2)), ms),
  "two peers | three peers": (ms) => (swarm) => partition(swarm, between(swarm.seats.slice(0, 2), swarm.seats.slice(2)), ms),
  "one peer | everybody": (ms) => (swarm) =>
    partition(swarm, between(swarm.seats.slice(0, 1), [swarm.coordinatorPort, ...swarm.seats.slice(1)]), ms),
  "two peers to the coordinator, one way": (ms) => (swarm) =>
    partition(swarm, oneWay(swarm.seats.slice(0, 2), [swarm.coordinatorPort]), ms),
  "the coordinator to two peers, one way": (ms) => (swarm) =>
    partition(swarm, oneWay([swarm.coordinatorPort], swarm.seats.slice(0, 2)), ms),
  "two peers to the others, one way": (ms) => (swarm) => partition(swarm, oneWay(swarm.seats.slice(0, 2), swarm.seats.slice(2)), ms),
};

const moments = [40, 300, 611];
const lasting = [300, 3000, 14_000];

test.each(Object.keys(apart).flatMap((name) => lasting.map((ms) => [name, ms] as const)))(
  "AR2 SI1 one history, whoever is apart: %s for %i ms",
  async (name, ms) => {
    for (const moment of moments) {
      const at = new Map([[moment, (apart[name] as (ms: number) => PlannedFault)(ms)]]);
      const { hashes, reasons } = await simulate({ config, seed: moment, peers: 5, faults: noFaults, at });
      expect(hashes, `apart at event ${moment}\n${reasons.join("\n")}`).toEqual((await alone).hashes);
    }
  },
);
