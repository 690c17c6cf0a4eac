import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { noFaults } from "./faults.ts";
import { type PlannedFault, simulate } from "./simulate.ts";
import type { Swarm } from "./swarm.ts";

const PEERS = 3;
const SEED = 1;

/** What can happen to three peers and their coordinator, each thing by itself. One peer always stays. */
const planned: Record<string, PlannedFault> = {
  "kill P1": (swarm) => killIfOthersStay(swarm, 0),
  "kill P2": (swarm) => killIfOthersStay(swarm, 1),
  "break P1-P2": (swarm) => swarm.breakLink(swarm.seats[0], swarm.seats[1]),
  "break P2-P3": (swarm) => swarm.breakLink(swarm.seats[1], swarm.seats[2]),
  "cut P1": (swarm) => swarm.cutSocket(swarm.seats[0]),
  "cut P3": (swarm) => swarm.cutSocket(swarm.seats[2]),
  "freeze P2": (swarm) => swarm.freeze(swarm.seats[1], 5000),
  "crash coordinator": (swarm) => swarm.crashCoordinator(300),
  "join P4": (swarm) => swarm.join(),
};

function killIfOthersStay(swarm: Swarm, seat: number): void {
  if (swarm.alive().length > 1 && swarm.seats[seat].alive) swarm.kill(swarm.seats[seat]);
}

/** Every fault at every event of a run; with two faults, every pair of them, the second at every `stride`-th event after the first. */
export async function exhaustive(
  config: RunConfig,
  faults: 1 | 2,
  stride: number,
  onRun: (runs: number) => void,
): Promise<{ runs: number; failed: string[] }> {
  const alone = await simulate({ config, seed: SEED, peers: 1, faults: noFaults });
  const { events } = await simulate({ config, seed: SEED, peers: PEERS, faults: noFaults });
  const failed: string[] = [];
  let runs = 0;
  const run = async (name: string, at: ReadonlyMap<number, PlannedFault>) => {
    runs++;
    onRun(runs);
    try {
      const { hash } = await simulate({ config, seed: SEED, peers: PEERS, faults: noFaults, minPeers: 1, at });
      if (hash !== alone.hash) failed.push(`${name}: ended with ${hash} instead of ${alone.hash}`);
    } catch (error) {
      failed.push(`${name}: ${(error as Error).message}`);
    }
  };
  const kinds = Object.entries(planned);
  for (let first = 0; first < events; first++) {
    for (const [name, fault] of kinds) {
      if (faults === 1) await run(`${name} at event ${first}`, new Map([[first, fault]]));
      for (let second = first + 1; faults === 2 && second < events; second += stride) {
        for (const [other, next] of kinds) {
          const at = new Map([
            [first, fault],
            [second, next],
          ]);
          await run(`${name} at event ${first}, ${other} at event ${second}`, at);
        }
      }
    }
  }
  return { runs, failed };
}
