import type { Port } from "./network.ts";
import type { Swarm } from "./swarm.ts";

type Severed = (from: Port, to: Port) => boolean;

/** Nothing gets across, in either direction. */
export const between =
  (some: readonly Port[], others: readonly Port[]): Severed =>
  (from, to) =>
    (some.includes(from) && others.includes(to)) || (others.includes(from) && some.includes(to));

/** What `some` send does not reach `others`; the other way is free. */
export const oneWay =
  (some: readonly Port[], others: readonly Port[]): Severed =>
  (from, to) =>
    some.includes(from) && others.includes(to);

const HEALED: Severed = () => false;

export function partition(swarm: Swarm, severed: Severed, milliseconds: number): void {
  swarm.sever(severed);
  swarm.time.after(milliseconds, () => swarm.sever(HEALED));
}

/** Some partition, as chance decides: of the coordinator from some peers, of some peers from others, or of one direction only. */
export function partitionSome(swarm: Swarm): void {
  const { time, coordinatorPort } = swarm;
  const peers = swarm.alive();
  const some = peers.filter(() => time.below(2) === 0);
  const others = time.below(3) === 0 ? [coordinatorPort] : peers.filter((peer) => !some.includes(peer));
  const kind = time.below(3) === 0 ? oneWay : between;
  partition(swarm, kind(some, others), 200 + 15_000 * time.random() ** 2);
}
