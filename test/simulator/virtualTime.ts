/** A clock that stands still until the next thing is due, and numbers that a seed decides. */
export class VirtualTime {
  #now = 0;
  #sequence = 0;
  #word: number;
  /** A binary heap: the earliest first, of equals the one that was asked for first. */
  readonly #due: Due[] = [];

  constructor(seed: number) {
    this.#word = (Math.imul(seed, 2654435761) + 1) >>> 0;
  }

  get now(): number {
    return this.#now;
  }

  /** Uniform in [0, 1). */
  random(): number {
    this.#word = (Math.imul(this.#word, 1664525) + 1013904223) >>> 0;
    return this.#word / 2 ** 32;
  }

  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  after(milliseconds: number, run: () => void): void {
    const entry = { at: this.#now + milliseconds, sequence: this.#sequence++, run };
    const heap = this.#due;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  /** Does the next thing that is due; false when there is none. */
  async step(): Promise<boolean> {
    const next = this.#pop();
    if (next === undefined) return false;
    this.#now = next.at;
    next.run();
    await new Promise(setImmediate); // until every promise that can go on has done so, however long the chain
    return true;
  }

  #pop(): Due | undefined {
    const heap = this.#due;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (child >= heap.length || !isBefore(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

interface Due {
  readonly at: number;
  readonly sequence: number;
  readonly run: () => void;
}

const isBefore = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
