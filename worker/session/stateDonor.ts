import { createHasher, type Hasher } from "../../engine/replica/hasher.ts";
import { type Slice, slicesOf } from "../collective/vectorLayout.ts";
import type { Manifest } from "./stateManifest.ts";

export interface StateDonorOptions {
  readonly elements: number;
  readonly now: () => number;
  /** Runs when there is nothing more urgent to do. */
  readonly defer: (action: () => void) => void;
  readonly sendManifest: (observer: number, round: number, manifest: Manifest) => void;
  readonly sendChunk: (observer: number, round: number, index: number, elements: Int32Array) => void;
  /** Whether nothing that was sent to this peer still waits for its turn. */
  readonly idle: (peer: number) => boolean;
  /** Those whose rounds wait for this peer: what they get goes first. */
  readonly members: () => readonly number[];
}

interface Snapshot {
  readonly round: number;
  readonly state: Int32Array;
  readonly observers: Set<number>;
  manifest: Manifest | undefined;
  usedAt: number;
}

interface Order {
  readonly round: number;
  readonly chunks: Set<number>;
  /** Chunks sent to this observer so far. */
  sent: number;
}

/** A state that nobody has asked for so long is given up: an observer who comes then gets a later one. */
const HELD_MS = 60_000;

/** So much is hashed at a time, about 2 ms of work: messages and frames are never kept waiting for longer. */
const HASHED_ELEMENTS = 1 << 20;

/** An observer gets every chunk twice and some more if it asks so, for links break; one that asks for more gets nothing more. */
const sendsOf = (chunks: number): number => 2 * chunks + 64;

/**
 * The states that this peer holds for observers: copies, so that training goes on meanwhile. A chunk is sent when it was asked for, when
 * the observer has taken the one before, and when no member waits for bytes of this peer; otherwise one each `tick`.
 */
export class StateDonor {
  readonly #options: StateDonorOptions;
  readonly #chunks: readonly Slice[];
  readonly #snapshots = new Map<number, Snapshot>();
  readonly #orders = new Map<number, Order>();
  #hasher: Hasher | undefined;

  constructor(options: StateDonorOptions) {
    this.#options = options;
    this.#chunks = slicesOf(options.elements);
  }

  /** Holds the state that `round` begins with, and tells these observers so as soon as its chunks are hashed. */
  offer(round: number, state: Int32Array, observers: readonly number[]): void {
    const snapshot: Snapshot = { round, state, observers: new Set(observers), manifest: undefined, usedAt: this.#options.now() };
    this.#snapshots.set(round, snapshot);
    this.#hash(snapshot, new BigUint64Array(this.#chunks.length), 0);
  }

  /** An observer asks for chunks; for none, when it has them all. */
  request(observer: number, round: number, chunks: readonly number[]): void {
    const snapshot = this.#snapshots.get(round);
    if (chunks.length === 0) {
      this.#orders.delete(observer);
      snapshot?.observers.delete(observer);
      if (snapshot?.observers.size === 0) this.#snapshots.delete(round);
      return;
    }
    if (snapshot === undefined) {
      this.#options.sendManifest(observer, round, new BigUint64Array(0));
      return;
    }
    snapshot.usedAt = this.#options.now();
    const known = this.#orders.get(observer);
    const order: Order = known?.round === round ? known : { round, chunks: new Set(), sent: 0 };
    this.#orders.set(observer, order);
    for (const chunk of chunks) if (chunk >= 0 && chunk < this.#chunks.length) order.chunks.add(chunk);
    this.serve();
  }

  /** Sends what may go now: to be called when a link has sent all that waited for it. */
  serve(): void {
    const { members, idle } = this.#options;
    if (this.#orders.size === 0 || !members().every(idle)) return;
    for (const observer of this.#orders.keys()) while (idle(observer) && this.#sendNext(observer));
  }

  /** Sends each observer that can take it one chunk, however busy the members keep this peer, and forgets what nobody asks for. */
  tick(): void {
    const now = this.#options.now();
    for (const observer of this.#orders.keys()) if (this.#options.idle(observer)) this.#sendNext(observer);
    for (const { round, usedAt } of this.#snapshots.values()) if (now - usedAt > HELD_MS) this.#snapshots.delete(round);
    this.serve();
  }

  lose(observer: number): void {
    this.#orders.delete(observer);
    for (const { round, observers } of this.#snapshots.values())
      if (observers.delete(observer) && observers.size === 0) this.#snapshots.delete(round);
  }

  /** What it was told may be lost; when it hears the manifest again, it asks again. */
  relinked(observer: number): void {
    for (const { round, manifest, observers } of this.#snapshots.values())
      if (manifest !== undefined && observers.has(observer)) this.#options.sendManifest(observer, round, manifest);
  }

  #sendNext(observer: number): boolean {
    const order = this.#orders.get(observer);
    const [index] = order?.chunks ?? [];
    const snapshot = order === undefined ? undefined : this.#snapshots.get(order.round);
    if (order === undefined || index === undefined || snapshot === undefined) return false;
    order.chunks.delete(index);
    if (order.sent++ >= sendsOf(this.#chunks.length)) return false;
    const { begin, end } = this.#chunks[index] as Slice;
    this.#options.sendChunk(observer, order.round, index, snapshot.state.subarray(begin, end));
    return true;
  }

  /** Hashes some chunks, the next ones later; at last the manifest goes to all who wait for it. */
  #hash(snapshot: Snapshot, manifest: Manifest, from: number): void {
    this.#options.defer(() => {
      if (this.#snapshots.get(snapshot.round) !== snapshot) return;
      const longest = (this.#chunks[0] as Slice).end;
      this.#hasher ??= createHasher(longest);
      const to = Math.min(this.#chunks.length, from + Math.ceil(HASHED_ELEMENTS / longest));
      for (let i = from; i < to; i++) {
        const { begin, end } = this.#chunks[i] as Slice;
        this.#hasher.elements.set(snapshot.state.subarray(begin, end));
        manifest[i] = this.#hasher.hash(0, end - begin);
      }
      if (to < this.#chunks.length) this.#hash(snapshot, manifest, to);
      else {
        snapshot.manifest = manifest;
        for (const observer of snapshot.observers) this.#options.sendManifest(observer, snapshot.round, manifest);
      }
    });
  }
}
