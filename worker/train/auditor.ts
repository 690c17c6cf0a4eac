import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { merge, type VectorLayout } from "../collective/vectorLayout.ts";
import type { Batch } from "../compute/computeWorker.ts";
import type { ReplicaPool } from "../compute/replicaPool.ts";
import type { RecordStore } from "../data/recordStore.ts";
import { batchOf } from "./batches.ts";

/** Slots of somebody else's, to be computed again. */
export interface AuditOrder {
  readonly inquiry: number;
  readonly round: number;
  readonly slots: readonly number[];
}

interface Task {
  readonly order: AuditOrder;
  readonly round: Round;
  /** What the round began with. */
  readonly state: Int32Array;
  readonly rest: number[];
  /** The images that have come. */
  readonly batches: Map<number, Batch>;
  vector: Int32Array | undefined;
}

export interface AuditorOptions {
  readonly config: RunConfig;
  readonly layoutOf: (kind: Round["kind"]) => VectorLayout;
  readonly replica: Pick<ReplicaPool, "contribution" | "state" | "load" | "size">;
  readonly store: Pick<RecordStore, "records">;
  /** The sum over the slots of an order, as whoever holds them must have contributed it. */
  readonly onRecomputed: (order: AuditOrder, round: Round, vector: Int32Array) => void;
}

/** States that are kept for audits take no more memory than this; the oldest are given up. */
const KEPT_BYTES = 256 * 1024 * 1024;

/** A task that found no idle moment in so many rounds is done all the same. */
const PATIENCE_ROUNDS = 32;

/**
 * Computes slots of others again, in the time that this peer waits for others anyway: never before its own slots, a few at a time, and in
 * later rounds from the state that it kept. What comes out is exact, so a single wrong integer shows.
 */
export class Auditor {
  readonly #options: AuditorOptions;
  readonly #orders = new Map<number, AuditOrder[]>();
  #tasks: Task[] = [];

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  order(order: AuditOrder): void {
    this.#orders.set(order.round, [...(this.#orders.get(order.round) ?? []), order]);
  }

  settled(inquiry: number): void {
    this.#tasks = this.#tasks.filter(({ order }) => order.inquiry !== inquiry);
  }

  /** The state that the audited slots of an inquiry are computed from. */
  stateOf(inquiry: number): { readonly round: number; readonly state: Int32Array } | undefined {
    const task = this.#tasks.find(({ order }) => order.inquiry === inquiry);
    return task === undefined ? undefined : { round: task.order.round, state: task.state };
  }

  /** A round begins: if some of it is to be audited, its state is kept. */
  async begin(round: Round): Promise<void> {
    const orders = this.#orders.get(round.round) ?? [];
    for (const old of this.#orders.keys()) if (old <= round.round) this.#orders.delete(old);
    if (orders.length === 0) return;
    const state = await this.#options.replica.state();
    this.#tasks.push(...orders.map((order) => this.#prepare(order, round, state)));
    this.#tasks.splice(0, this.#tasks.length - Math.max(1, Math.floor(KEPT_BYTES / (4 * state.length))));
  }

  /** Works on what is to be audited for as long as `idle` holds; the replica is then in the state of `round` again. */
  async whileIdle(round: Round, idle: () => boolean): Promise<void> {
    const { replica } = this.#options;
    let current: Int32Array | undefined;
    let loaded = round.round; // the round whose beginning state the replica is in
    for (let task = this.#next(); task !== undefined; task = this.#next()) {
      if (!idle() && round.round - task.round.round < PATIENCE_ROUNDS) break;
      if (task.round.round !== loaded) {
        current ??= await replica.state();
        await replica.load(task.state);
        loaded = task.round.round;
      }
      await this.#compute(task);
    }
    if (current !== undefined) await replica.load(current);
  }

  #prepare(order: AuditOrder, round: Round, state: Int32Array): Task {
    const { config, store } = this.#options;
    const task: Task = { order, round, state, rest: [...order.slots], batches: new Map(), vector: undefined };
    for (const slot of order.slots) {
      batchOf(config, store, round, slot).then(
        (batch) => task.batches.set(slot, batch),
        () => this.settled(order.inquiry), // without the images nothing can be compared: the inquiry ends without this audit
      );
    }
    return task;
  }

  /** Nothing waits for images: what has not come yet is computed later. */
  #next(): Task | undefined {
    return this.#tasks.find(({ rest, batches }) => rest.some((slot) => batches.has(slot)));
  }

  async #compute(task: Task): Promise<void> {
    const { replica, layoutOf, onRecomputed } = this.#options;
    const slots = task.rest.filter((slot) => task.batches.has(slot)).slice(0, replica.size);
    const batches = slots.map((slot) => task.batches.get(slot) as Batch);
    const part = await replica.contribution(task.round, batches);
    for (const slot of slots) {
      task.rest.splice(task.rest.indexOf(slot), 1);
      task.batches.delete(slot);
    }
    if (task.vector === undefined) task.vector = part;
    else merge(layoutOf(task.round.kind), task.vector, part, 0);
    if (task.rest.length === 0) onRecomputed(task.order, task.round, task.vector);
  }
}
