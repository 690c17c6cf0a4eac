import { MAX_RECORD_INDICES, RECORD_BYTES } from "../../coordinator/protocol/paths.ts";
import { RecordBlocks } from "./recordBlocks.ts";
import type { Split, Wanted } from "./recordRequests.ts";

export interface RecordStoreOptions {
  readonly counts: { readonly train: number; readonly test: number };
  readonly request: (split: Split, wanted: Wanted) => Promise<Uint8Array>;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly now: () => number;
  /** Ends what is fetched in the background. */
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/**
 * The images that this peer needed so far. What is missing is fetched when it is needed, and no more than that: a slot's micro-batch
 * is drawn from all over its shard, and training must not wait for a shard of 19 MB. The rest of what is around follows in the background.
 */
export class RecordStore {
  readonly #options: RecordStoreOptions;
  readonly #blocks: { readonly train: RecordBlocks; readonly test: RecordBlocks };
  readonly #coming = { train: new Map<number, Promise<void>>(), test: new Map<number, Promise<void>>() };
  readonly #later: { readonly split: Split; readonly block: number }[] = [];
  readonly #noted = new Set<string>();
  #urgent = 0;
  #isFilling = false;

  constructor(options: RecordStoreOptions) {
    this.#options = options;
    this.#blocks = { train: new RecordBlocks(options.counts.train), test: new RecordBlocks(options.counts.test) };
  }

  /** The records with these indices, one after another: 1 label byte and 3072 pixel bytes each. */
  async records(split: Split, indices: Int32Array): Promise<Uint8Array> {
    const blocks = this.#blocks[split];
    const missing = [...new Set(indices)].filter((index) => !blocks.has(index));
    if (missing.length > 0) await this.#fetchNow(split, missing);
    const records = new Uint8Array(indices.length * RECORD_BYTES);
    indices.forEach((index, i) => {
      records.set(blocks.record(index), i * RECORD_BYTES);
    });
    return records;
  }

  async #fetchNow(split: Split, missing: readonly number[]): Promise<void> {
    const coming = this.#coming[split];
    const unasked = missing.filter((index) => !coming.has(index));
    for (let begin = 0; begin < unasked.length; begin += MAX_RECORD_INDICES) {
      const indices = unasked.slice(begin, begin + MAX_RECORD_INDICES);
      const arrival = this.#fetch(split, indices).finally(() => {
        for (const index of indices) coming.delete(index);
      });
      for (const index of indices) coming.set(index, arrival);
    }
    this.#urgent++;
    try {
      await Promise.all(new Set(missing.flatMap((index) => coming.get(index) ?? [])));
    } finally {
      this.#urgent--;
    }
    this.#noteForLater(split, missing);
  }

  async #fetch(split: Split, indices: readonly number[]): Promise<void> {
    const bytes = await this.#options.request(split, { indices });
    indices.forEach((index, i) => {
      this.#blocks[split].put(index, bytes.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES));
    });
    this.#options.onBytes(bytes.length);
  }

  /** Who needs one image of a block will need the others. */
  #noteForLater(split: Split, indices: readonly number[]): void {
    for (const index of indices) {
      const block = this.#blocks[split].blockOf(index);
      if (this.#noted.has(`${split} ${block}`)) continue;
      this.#noted.add(`${split} ${block}`);
      this.#later.push({ split, block });
    }
    if (!this.#isFilling) void this.#fill();
  }

  /** One block after another, never while training waits for images, and with long rests between them: most of the link is the gradients'. */
  async #fill(): Promise<void> {
    this.#isFilling = true;
    for (let next = this.#later.shift(); next !== undefined; next = this.#later.shift()) {
      const began = this.#options.now();
      while (this.#urgent > 0) await this.#options.pause(LOOK_EVERY_MS);
      if (this.#options.signal.aborted || !(await this.#fillBlock(next.split, next.block))) break;
      await this.#options.pause(RESTS * (this.#options.now() - began));
    }
    this.#isFilling = false;
  }

  /** False when it does not come: then images are fetched when they are needed, which says what is wrong. */
  async #fillBlock(split: Split, block: number): Promise<boolean> {
    const range = this.#blocks[split].range(block);
    const bytes = await this.#options.request(split, range).catch(() => undefined);
    if (bytes === undefined) {
      this.#noted.delete(`${split} ${block}`);
      return false;
    }
    for (let index = range.begin; index < range.end; index++) {
      const at = (index - range.begin) * RECORD_BYTES;
      this.#blocks[split].put(index, bytes.subarray(at, at + RECORD_BYTES));
    }
    this.#options.onBytes(bytes.length);
    return true;
  }
}

const LOOK_EVERY_MS = 20;

/** A rest is so many times as long as the block took. */
const RESTS = 3;
