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
    this.#push({ at: this.#now + milliseconds, sequence: this.#sequence++, run, wakes: true });
  }

  /** The same, for what wakes nobody: no promise waits for anything that it does. */
  afterAlone(milliseconds: number, run: () => void): void {
    this.#push({ at: this.#now + milliseconds, sequence: this.#sequence++, run, wakes: false });
  }

  #push(entry: Due): void {
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

  /** Does the next thing that is due, and what follows from it at once; false when there is none. To be awaited, unless it is known at once. */
  step(): boolean | Promise<true> {
    const next = this.#pop();
    if (next === undefined) return false;
    this.#now = next.at;
    next.run();
    return next.wakes ? settled(this.#sequence % TURNS_APART === 0) : true;
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

/** So often, by what was asked for, the process's own events get a turn: messages of its parent, a test's deadline. */
const TURNS_APART = 512;

/**
 * When every promise that can go on has done so, however long the chain: Node runs what `nextTick` was given when no promise is left. A turn of the
 * event loop would do as well, and takes as long as a fifth of all that happens in it.
 */
const settled = (turn: boolean): Promise<true> =>
  new Promise((resolve) => (turn ? setImmediate(resolve, true) : process.nextTick(resolve, true)));

interface Due {
  readonly at: number;
  readonly sequence: number;
  readonly run: () => void;
  readonly wakes: boolean;
}

const isBefore = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
