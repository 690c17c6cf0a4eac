import type { PeerId } from "../protocol/view.ts";

export interface Worker {
  readonly id: PeerId;
  readonly imagesPerSecond: number;
}

/** A multiple of every number of peers up to 6 and many above, so that shares of the slices are even. */
const OWNER_TABLE = 60;

/** A peer of unknown speed is given as much as one of this. */
const UNKNOWN_SPEED = 1;

const speedOf = (worker: Worker): number => (worker.imagesPerSecond > 0 ? worker.imagesPerSecond : UNKNOWN_SPEED);

/** How many of `slots` each worker computes: each next slot goes where it is done first. */
export function shareOut(slots: number, workers: readonly Worker[]): Map<PeerId, number> {
  const counts = new Map(workers.map(({ id }) => [id, 0]));
  for (let slot = 0; slot < slots; slot++) {
    const next = first(workers, (worker) => ((counts.get(worker.id) ?? 0) + 1) / speedOf(worker));
    counts.set(next.id, (counts.get(next.id) ?? 0) + 1);
  }
  return counts;
}

/**
 * slot → peer. A peer keeps the slots it had, up to its share: it has their images already. `previous` may name peers that are gone.
 */
export function assignSlots(slots: number, workers: readonly Worker[], previous: readonly PeerId[]): PeerId[] {
  const open = shareOut(slots, workers);
  const holders: (PeerId | undefined)[] = Array.from({ length: slots }, (_, slot) => {
    const holder = previous[slot];
    const left = holder === undefined ? 0 : (open.get(holder) ?? 0);
    if (holder === undefined || left === 0) return undefined;
    open.set(holder, left - 1);
    return holder;
  });
  const rest = [...open].flatMap(([id, left]) => Array.from({ length: left }, () => id));
  return holders.map((holder) => holder ?? (rest.shift() as PeerId));
}

/** The slots of peers that are gone go, one by one, to those who are done first; nobody else loses one. */
export function reassignSlots(holders: readonly PeerId[], workers: readonly Worker[]): PeerId[] {
  const counts = new Map(workers.map(({ id }) => [id, holders.filter((holder) => holder === id).length]));
  return holders.map((holder) => {
    if (counts.has(holder)) return holder;
    const next = first(workers, (worker) => ((counts.get(worker.id) ?? 0) + 1) / speedOf(worker));
    counts.set(next.id, (counts.get(next.id) ?? 0) + 1);
    return next.id;
  });
}

/** The table of slice owners: everyone equally, for sending and summing costs every peer the same. */
export function assignOwners(peers: readonly PeerId[]): PeerId[] {
  const entries = Math.max(OWNER_TABLE, peers.length);
  return Array.from({ length: entries }, (_, i) => peers[i % peers.length] as PeerId);
}

/** The entries of owners that are gone are spread over those who are left. */
export function reassignOwners(owners: readonly PeerId[], peers: readonly PeerId[]): PeerId[] {
  let next = 0;
  return owners.map((owner) => (peers.includes(owner) ? owner : (peers[next++ % peers.length] as PeerId)));
}

/** Seconds (relative) that the slowest worker needs for a step under this assignment. */
export function makespan(holders: readonly PeerId[], workers: readonly Worker[]): number {
  return Math.max(...workers.map((worker) => holders.filter((holder) => holder === worker.id).length / speedOf(worker)));
}

/** The worker with the least cost; of equals the one with the lowest number. */
function first(workers: readonly Worker[], cost: (worker: Worker) => number): Worker {
  return workers.reduce((best, worker) =>
    cost(worker) < cost(best) || (cost(worker) === cost(best) && worker.id < best.id) ? worker : best,
  );
}
