import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { noFaults } from "./faults.ts";
import { type Outcome, type PlannedFault, simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";
import type { Swarm } from "./swarm.ts";

const PEERS = 3;
const SEED = 1;

/** Two steps, which three peers begin together: everything up to the last event follows from where the faults are. */
const config: RunConfig = simulatedConfig({ steps: 2, evaluate: false });

/** What can happen to three peers and their coordinator, each thing by itself; P1 and P2 own slices, P3 none. One peer always stays. */
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

/** Whoever is left does not wait for those who are gone. */
function killIfOthersStay(swarm: Swarm, seat: number): void {
  if (swarm.alive().length === 1 || !swarm.seats[seat].alive) return;
  swarm.kill(swarm.seats[seat]);
  swarm.options = { ...swarm.options, minPeers: Math.min(swarm.options.minPeers, swarm.alive().length) };
}

/** What happens before which event of a run. */
export interface Incident {
  readonly fault: string;
  readonly event: number;
}

/** "kill P1 at 12, join P4 at 30", as it is printed and understood. */
export const describe = (incidents: readonly Incident[]): string => incidents.map(({ fault, event }) => `${fault} at ${event}`).join(", ");

export function parseIncidents(text: string): Incident[] {
  return text.split(",").map((part) => {
    const [, fault = "", event] = /^ *(.+) at (\d+)$/.exec(part) ?? [];
    if (planned[fault] === undefined)
      throw new RangeError(`"${part}" is not one of ${Object.keys(planned).join(", ")}, with "at" and an event`);
    return { fault, event: Number(event) };
  });
}

let undisturbed: Promise<Outcome> | undefined;

/** The run in which just this happens. Throws when an invariant is broken, or it ends with other bits than one peer alone. */
export async function runWith(incidents: readonly Incident[]): Promise<Outcome> {
  undisturbed ??= simulate({ config, seed: SEED, peers: 1, faults: noFaults });
  const at = new Map<number, PlannedFault>();
  for (const { fault, event } of incidents) {
    const before = at.get(event);
    at.set(event, (swarm) => {
      before?.(swarm);
      planned[fault](swarm);
    });
  }
  const outcome = await simulate({ config, seed: SEED, peers: PEERS, faults: noFaults, minPeers: PEERS, at });
  const { hash } = await undisturbed;
  if (outcome.hash !== hash) throw new Error(`ended with ${outcome.hash} instead of ${hash}\n${outcome.reasons.join("\n")}`);
  return outcome;
}

/** Every fault before every event of the run in which nothing else happens. */
export async function firstIncidents(): Promise<Incident[]> {
  const { events } = await runWith([]);
  return Array.from({ length: events }, (_, event) => Object.keys(planned).map((fault) => ({ fault, event }))).flat();
}

export interface Tried {
  readonly runs: number;
  readonly failed: number;
}

/**
 * The run in which this happens; with two faults, also every run in which a second one happens at the same event or, as long as that run
 * goes on, at every `stride`-th later one.
 */
export async function tryFrom(
  first: Incident,
  faults: 1 | 2,
  stride: number,
  onFailed: (incidents: readonly Incident[], error: Error) => void,
): Promise<Tried> {
  let [runs, failed] = [0, 0];
  const attempt = async (incidents: readonly Incident[]): Promise<number> => {
    runs++;
    try {
      return (await runWith(incidents)).events;
    } catch (error) {
      failed++;
      onFailed(incidents, error as Error);
      return first.event;
    }
  };
  const events = await attempt([first]);
  for (let event = first.event; faults === 2 && event < events; event += stride)
    for (const fault of Object.keys(planned)) await attempt([first, { fault, event }]);
  return { runs, failed };
}
