/** Events, decided on one after the other: one that a decision's effects bring about has its turn when all these effects are done. */
export class EventQueue<E> {
  readonly #decide: (event: E) => void;
  readonly #waiting: E[] = [];
  #deciding = false;

  constructor(decide: (event: E) => void) {
    this.#decide = decide;
  }

  /** Decides on the event at once, unless a decision is under way. A decision that throws ends with its own event: later ones are not lost. */
  push(event: E): void {
    this.#waiting.push(event);
    if (this.#deciding) return;
    this.#deciding = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#decide(next);
    } finally {
      this.#deciding = false;
    }
  }
}
