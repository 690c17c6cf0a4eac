/** A clock that stands still until the next thing is due, and numbers that a seed decides. */
export class VirtualTime {
  #now = 0;
  #sequence = 0;
  #word: number;
  readonly #due: { readonly at: number; readonly sequence: number; readonly run: () => void }[] = [];

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
    let [low, high] = [0, this.#due.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#due[middle];
      if (other.at > entry.at || (other.at === entry.at && other.sequence > entry.sequence)) low = middle + 1;
      else high = middle;
    }
    this.#due.splice(low, 0, entry);
  }

  /** Does the next thing that is due; false when there is none. */
  async step(): Promise<boolean> {
    const next = this.#due.pop();
    if (next === undefined) return false;
    this.#now = next.at;
    next.run();
    await settled();
    return true;
  }
}

/** Lets every promise that can go on do so: chains of a dozen awaits are longer than any in the training loop. */
async function settled(): Promise<void> {
  for (let i = 0; i < 24; i++) await undefined;
}
