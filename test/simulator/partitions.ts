import type { Port } from "./network.ts";
import type { Swarm } from "./swarm.ts";

type Severed = (from: Port, to: Port) => boolean;

/** How long two ends go on sending into a connection that carries nothing any more, at most: ICE's consent expires. */
const CONSENT_MS = 5000;

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

export function partition(swarm: Swarm, severed: Severed, milliseconds: number): void {
  sever(swarm, severed);
  swarm.time.after(milliseconds, () => sever(swarm, undefined));
}

/** From now on nothing gets from one port to another for which this says so (everything does without it); links that carry nothing for long enough are relayed. */
function sever(swarm: Swarm, severed: Severed | undefined): void {
  const { network, time } = swarm;
  network.sever(severed);
  time.after(CONSENT_MS, () => {
    const there = swarm.alive();
    for (const [i, a] of there.entries()) {
      for (const b of there.slice(i + 1)) {
        if (network.isSevered({ ports: [a, b] }) || network.isSevered({ ports: [b, a] })) swarm.breakLink(a, b);
      }
    }
  });
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
