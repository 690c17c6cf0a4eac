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
  const queue = workers.map((worker): Load => ({ worker, count: 0 })).sort(sooner);
  for (let slot = 0; slot < slots; slot++) {
    const { worker, count } = queue.shift() as Load;
    insert(queue, { worker, count: count + 1 });
  }
  const counts = new Map(queue.map(({ worker, count }) => [worker.id, count]));
  return new Map(workers.map(({ id }) => [id, counts.get(id) ?? 0]));
}

interface Load {
  readonly worker: Worker;
  readonly count: number;
}

/** Who is done first with one slot more; of equals the one with the lowest number. */
const sooner = (a: Load, b: Load): number =>
  (a.count + 1) / speedOf(a.worker) - (b.count + 1) / speedOf(b.worker) || a.worker.id - b.worker.id;

function insert(queue: Load[], load: Load): void {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sooner(queue[middle] as Load, load) < 0) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, load);
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
  const held = countOf(holders);
  const counts = new Map(workers.map(({ id }) => [id, held.get(id) ?? 0]));
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
  const there = new Set(peers);
  return owners.map((owner) => (there.has(owner) ? owner : (peers[next++ % peers.length] as PeerId)));
}

/** Seconds (relative) that the slowest worker needs for a step under this assignment. */
export function makespan(holders: readonly PeerId[], workers: readonly Worker[]): number {
  const held = countOf(holders);
  return Math.max(...workers.map((worker) => (held.get(worker.id) ?? 0) / speedOf(worker)));
}

/** The makespan of what `assignSlots` would make of these slots. */
export function shortestMakespan(slots: number, workers: readonly Worker[]): number {
  const counts = shareOut(slots, workers);
  return workers.reduce((longest, worker) => Math.max(longest, (counts.get(worker.id) ?? 0) / speedOf(worker)), 0);
}

/** What no assignment of so many slots can undercut. */
export function leastMakespan(slots: number, workers: readonly Worker[]): number {
  const speeds = workers.map(speedOf);
  return Math.max(slots / speeds.reduce((sum, speed) => sum + speed, 0), 1 / Math.max(...speeds));
}

function countOf(holders: readonly PeerId[]): Map<PeerId, number> {
  const counts = new Map<PeerId, number>();
  for (const holder of holders) counts.set(holder, (counts.get(holder) ?? 0) + 1);
  return counts;
}

/** The worker with the least cost; of equals the one with the lowest number. */
function first(workers: readonly Worker[], cost: (worker: Worker) => number): Worker {
  return workers.reduce((best, worker) =>
    cost(worker) < cost(best) || (cost(worker) === cost(best) && worker.id < best.id) ? worker : best,
  );
}
