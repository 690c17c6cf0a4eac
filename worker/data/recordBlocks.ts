import { RECORD_BYTES } from "../../coordinator/protocol/paths.ts";

/** Records of a block: 768 KB, half a second on a slow link. */
const BLOCK_RECORDS = 250;

interface Block {
  readonly bytes: Uint8Array;
  readonly present: Uint8Array;
}

/** Records as they come, in memory that is taken a block at a time. */
export class RecordBlocks {
  readonly #count: number;
  readonly #blocks = new Map<number, Block>();

  constructor(count: number) {
    this.#count = count;
  }

  blockOf(index: number): number {
    return Math.floor(index / BLOCK_RECORDS);
  }

  range(block: number): { readonly begin: number; readonly end: number } {
    return { begin: block * BLOCK_RECORDS, end: Math.min((block + 1) * BLOCK_RECORDS, this.#count) };
  }

  has(index: number): boolean {
    return this.#blocks.get(this.blockOf(index))?.present[index % BLOCK_RECORDS] === 1;
  }

  put(index: number, record: Uint8Array): void {
    const block = this.#blocks.get(this.blockOf(index)) ?? this.#open(this.blockOf(index));
    block.bytes.set(record, (index % BLOCK_RECORDS) * RECORD_BYTES);
    block.present[index % BLOCK_RECORDS] = 1;
  }

  record(index: number): Uint8Array {
    const block = this.#blocks.get(this.blockOf(index));
    const within = index % BLOCK_RECORDS;
    if (block?.present[within] !== 1) throw new Error(`expected record ${index} to be here, it was never fetched`);
    return block.bytes.subarray(within * RECORD_BYTES, (within + 1) * RECORD_BYTES);
  }

  #open(block: number): Block {
    const { begin, end } = this.range(block);
    const opened = { bytes: new Uint8Array((end - begin) * RECORD_BYTES), present: new Uint8Array(end - begin) };
    this.#blocks.set(block, opened);
    return opened;
  }
}
