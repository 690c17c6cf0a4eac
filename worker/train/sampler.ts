import { type RecordRange, shardRange } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { hashKey } from "../../engine/index.ts";

/** What a random number is for: part of its key, so that no two purposes share a stream. */
export const purposes = { shuffle: 1, augment: 2, dropout: 3 } as const;

type Sizes = Pick<RunConfig, "seed" | "slots" | "microBatch" | "dataset">;

/**
 * The images of one slot in one step: shard `slot`, shuffled anew for every epoch, taken a micro-batch at a time. Together the slots
 * of an epoch take every image exactly once, whoever computes them.
 */
export function slotRecords(run: Sizes, epoch: number, stepOfEpoch: number, slot: number): Int32Array {
  const order = orderOf(run, epoch, slot);
  return order.slice(stepOfEpoch * run.microBatch, (stepOfEpoch + 1) * run.microBatch);
}

/** The order of a shard is the same for a whole epoch: each slot's latest is remembered. */
function orderOf(run: Sizes, epoch: number, slot: number): Int32Array {
  const known = orders.get(run) ?? new Map<number, Order>();
  const latest = known.get(slot);
  if (latest?.epoch === epoch) return latest.records;
  const records = shuffle(shardRange(run.dataset.trainRecords, run.slots, slot), hashKey(run.seed, purposes.shuffle, epoch, slot));
  orders.set(run, known.set(slot, { epoch, records }));
  return records;
}

interface Order {
  readonly epoch: number;
  readonly records: Int32Array;
}

/** By configuration, which never changes; and then by slot. */
const orders = new WeakMap<Sizes, Map<number, Order>>();

/** Fisher and Yates' shuffle of the range, by numbers keyed with (key, position). */
function shuffle({ begin, end }: RecordRange, key: number): Int32Array {
  const order = Int32Array.from({ length: end - begin }, (_, i) => begin + i);
  for (let last = order.length - 1; last > 0; last--) {
    const other = hashKey(key, last) % (last + 1);
    const record = order[last] as number;
    order[last] = order[other] as number;
    order[other] = record;
  }
  return order;
}
