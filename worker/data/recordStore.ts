import { MAX_RECORDS_PER_REQUEST, paths, RECORD_BYTES } from "../../coordinator/protocol/paths.ts";

export type Split = "train" | "test";

/** Records are fetched in blocks of this many: 1.5 MB, a second on a slow link. */
const BLOCK_RECORDS = 500;

/** Blocks asked for in one request. */
const BLOCKS_PER_REQUEST = Math.min(10, Math.floor(MAX_RECORDS_PER_REQUEST / BLOCK_RECORDS));

/** A request without an answer for so long is given up and made again. */
const REQUEST_DEADLINE_MS = 60_000;
const ATTEMPTS = 3;

export interface RecordStoreOptions {
  readonly origin: string;
  readonly token: string;
  readonly counts: { readonly train: number; readonly test: number };
  readonly onBytes: (bytes: number) => void;
}

/** The images that this peer needed so far; what is missing is fetched from the coordinator when it is needed. */
export class RecordStore {
  readonly #options: RecordStoreOptions;
  readonly #blocks = { train: new Map<number, Promise<Uint8Array>>(), test: new Map<number, Promise<Uint8Array>>() };

  constructor(options: RecordStoreOptions) {
    this.#options = options;
  }

  /** The records with these indices, one after another: 1 label byte and 3072 pixel bytes each. */
  async records(split: Split, indices: Int32Array): Promise<Uint8Array> {
    const needed = [...new Set(Array.from(indices, (index) => Math.floor(index / BLOCK_RECORDS)))].sort((a, b) => a - b);
    this.#request(split, needed);
    const blocks = new Map(await Promise.all(needed.map(async (block) => [block, await this.#block(split, block)] as const)));
    const records = new Uint8Array(indices.length * RECORD_BYTES);
    indices.forEach((index, i) => {
      const within = (index % BLOCK_RECORDS) * RECORD_BYTES;
      const block = blocks.get(Math.floor(index / BLOCK_RECORDS)) as Uint8Array;
      records.set(block.subarray(within, within + RECORD_BYTES), i * RECORD_BYTES);
    });
    return records;
  }

  async #block(split: Split, block: number): Promise<Uint8Array> {
    return (await this.#blocks[split].get(block)) as Uint8Array;
  }

  /** Asks for the blocks that are not here yet, neighbours in one request. */
  #request(split: Split, needed: readonly number[]): void {
    const missing = needed.filter((block) => !this.#blocks[split].has(block));
    while (missing.length > 0) {
      const first = missing[0] as number;
      const run = missing.filter((block, i) => block === first + i).slice(0, BLOCKS_PER_REQUEST);
      missing.splice(0, run.length);
      const bytes = this.#fetch(split, first * BLOCK_RECORDS, Math.min((first + run.length) * BLOCK_RECORDS, this.#options.counts[split]));
      run.forEach((block, i) => {
        const from = i * BLOCK_RECORDS * RECORD_BYTES;
        const part = bytes.then((all) => all.subarray(from, from + BLOCK_RECORDS * RECORD_BYTES));
        part.catch(() => this.#blocks[split].delete(block)); // asked for again next time
        this.#blocks[split].set(block, part);
      });
    }
  }

  async #fetch(split: Split, begin: number, end: number): Promise<Uint8Array> {
    const { origin, token, onBytes } = this.#options;
    const url = new URL(split === "train" ? paths.trainRecords : paths.testRecords, origin);
    url.search = new URLSearchParams({ begin: String(begin), end: String(end), token }).toString();
    let failure: unknown;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
        if (!response.ok) throw new Error(`the coordinator answered ${response.status}: ${await response.text()}`);
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (bytes.length !== (end - begin) * RECORD_BYTES)
          throw new Error(`${(end - begin) * RECORD_BYTES} bytes were expected, ${bytes.length} came`);
        onBytes(bytes.length);
        return bytes;
      } catch (error) {
        failure = error;
      }
    }
    throw new Error(`images ${begin} to ${end} could not be fetched from ${origin} in ${ATTEMPTS} attempts`, { cause: failure });
  }
}
