import { roundCount } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { Membership } from "../../coordinator/run/membership.ts";
import { type Faults, noFaults } from "./faults.ts";
import { type Lie, lies } from "./lies.ts";
import { partitionSome } from "./partitions.ts";
import type { ReplicaKit } from "./standInReplica.ts";
import { Swarm } from "./swarm.ts";

export interface Simulation {
  readonly config: RunConfig;
  readonly seed: number;
  readonly peers: number;
  readonly faults: Faults;
  readonly kit?: ReplicaKit;
  readonly minPeers?: number;
  /** Hostile peers, besides the honest ones. */
  readonly liars?: readonly Lie[];
  readonly auditShare?: number;
  /** Honest peers may end a round with other bits, and begin again. */
  readonly forking?: boolean;
  /** Faults at given events instead of given times: event number → what happens then. */
  readonly at?: ReadonlyMap<number, PlannedFault>;
}

export type PlannedFault = (swarm: Swarm) => void;

export interface Outcome {
  readonly hash: string;
  readonly hashes: ReadonlyMap<number, string>;
  readonly virtualMs: number;
  readonly events: number;
  readonly faults: number;
  /** When the first peer had done a round. */
  readonly doneAt: ReadonlyMap<number, number>;
  /** Slots that peers have computed in all, those that were computed twice included. */
  readonly slotsComputed: number;
  readonly reasons: readonly string[];
  readonly drops: Swarm["expulsions"]["drops"];
  readonly refusals: readonly string[];
  /** Why honest peers had to join again. */
  readonly honest: readonly string[];
  readonly victims: number;
  readonly membership: Membership;
}

/** A run that has not ended by then has hung. */
const MOST_VIRTUAL_MS = 30 * 60_000;

/** One run of the swarm from the first peer to the last round. Throws, naming seed and reasons, when anything is not as it must be. */
export async function simulate({
  config,
  seed,
  peers,
  faults,
  kit,
  minPeers = Math.min(2, peers),
  liars = liarsOf(seed, faults),
  auditShare = 0.05,
  forking = false,
  at,
}: Simulation): Promise<Outcome> {
  const swarm = new Swarm(config, seed, minPeers, kit, auditShare);
  swarm.expulsions.forking = forking;
  swarm.duplicate = faults.duplicate;
  swarm.reorder = faults.reorder;
  for (const lie of liars) swarm.join(lie);
  for (let i = 0; i < peers; i++) swarm.join();
  let count = 0;
  for (const [mean, happen] of disturbances(swarm, faults, peers)) repeat(swarm, mean, () => count++ >= 0 && happen());
  let events = 0;
  try {
    while (swarm.membership.phase !== "finished") {
      const step = swarm.time.step();
      if (!(typeof step === "boolean" ? step : await step)) throw new Error("nothing is due any more");
      if (swarm.time.now > MOST_VIRTUAL_MS) throw new Error(`still at round ${swarm.membership.committed} after half an hour`);
      at?.get(events)?.(swarm);
      events++;
    }
  } catch (cause) {
    const waiting = swarm
      .alive()
      .map(({ peer }) => `${peer.name} (peer ${peer.id}) at ${peer.session?.round}: waits for ${peer.session?.waitingFor()}`);
    const { permitted, committed, peers: known } = swarm.membership;
    waiting.push(
      `committed ${committed}, permitted ${permitted}; ${[...known.values()].map((p) => `${p.id} ${p.stage} at ${p.round}`).join(", ")}`,
    );
    throw new Error(`seed ${seed}: ${(cause as Error).message}\n${[...swarm.reasons.slice(-40), ...waiting].join("\n")}`, { cause });
  }
  const hash = swarm.membership.hashes.get(roundCount(config) - 1) as string;
  const { ledger, reasons, time, seats, membership } = swarm;
  const { drops, refusals, honest, victims } = swarm.expulsions;
  const slotsComputed = seats.reduce((sum, { peer }) => sum + peer.slotsComputed, 0);
  const { hashes, doneAt } = ledger;
  const expelled = { drops, refusals, honest, victims };
  return { hash, hashes, doneAt, virtualMs: time.now, events, faults: count, slotsComputed, reasons, membership, ...expelled };
}

/** How long the round took that took longest, by when the first peer had done it. */
export function longestRoundMs(doneAt: ReadonlyMap<number, number>): number {
  const times = [...doneAt.values()];
  return Math.max(...times.map((at, i) => at - (times[i - 1] ?? at)));
}

/** Whom the seed makes hostile. */
export const liarsOf = (seed: number, { liars }: Faults): Lie[] =>
  Array.from({ length: liars }, (_, i) => lies()[(seed + i) % lies().length]);

function disturbances(swarm: Swarm, faults: Faults, peers: number): [number, () => void][] {
  const { time } = swarm;
  const somebody = () => swarm.alive()[time.below(swarm.alive().length)];
  return [
    [faults.kill, () => swarm.alive().length > 1 && swarm.kill(somebody())],
    [faults.join, () => swarm.alive().length < peers + 3 && swarm.join()],
    [faults.freeze, () => swarm.freeze(somebody(), 200 + 12_000 * time.random())],
    [faults.slow, () => slowDown(swarm)],
    [faults.breakLink, () => swarm.alive().length > 1 && breakSomeLink(swarm)],
    [faults.halfOpen, () => swarm.alive().length > 1 && breakSomeLink(swarm, [0, 5000 * time.random()])],
    [faults.partition, () => partitionSome(swarm)],
    [faults.skew, () => skewClock(swarm)],
    [faults.cutSocket, () => swarm.cutSocket(somebody())],
    [faults.crashCoordinator, () => swarm.crashCoordinator(100 + 2000 * time.random())],
  ];
}

function slowDown(swarm: Swarm): void {
  const seat = swarm.alive()[swarm.time.below(swarm.alive().length)];
  seat.slowness = 1 + 19 * swarm.time.random();
  swarm.time.after(5000 * swarm.time.random(), () => {
    seat.slowness = 1;
  });
}

/** What it shows goes on from what it showed, or from later; never from earlier. */
function skewClock(swarm: Swarm): void {
  const { time } = swarm;
  const seat = swarm.alive()[time.below(swarm.alive().length)];
  const shows = seat.clock.offset + seat.clock.rate * time.now;
  const rate = 2 ** (2 * time.random() - 1);
  seat.clock = { rate, offset: shows + 60_000 * time.random() - rate * time.now };
}

function breakSomeLink(swarm: Swarm, noticesAfter?: readonly [number, number]): void {
  const alive = swarm.alive();
  const first = swarm.time.below(alive.length);
  const second = (first + 1 + swarm.time.below(alive.length - 1)) % alive.length;
  swarm.breakLink(alive[first], alive[second], noticesAfter);
}

/** Again and again, at moments that the seed decides (a Poisson process, but for its tail). */
function repeat(swarm: Swarm, meanMs: number, happen: () => void): void {
  if (meanMs === noFaults.kill) return;
  swarm.time.after(2 * meanMs * swarm.time.random(), () => {
    if (swarm.membership.phase === "finished") return;
    if (swarm.alive().length > 0) happen();
    repeat(swarm, meanMs, happen);
  });
}
