/** A place to wait for "something has changed": waiters look again at what they wait for, and wait on if it is not there. */
export class Changes {
  #waiting: Waiter[] = [];
  #failure: Error | undefined;

  /** Wakes those whose condition holds now; an error of a condition ends its own wait. */
  notify(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      try {
        if (this.#failure === undefined && !waiter.condition()) this.#waiting.push(waiter);
        else waiter.wake();
      } catch (error) {
        waiter.fail(error);
      }
    }
  }

  /** Ends every wait, now and later, with this error. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.notify();
  }

  /** Resolves when `condition` holds, looked at now and after every change. */
  async until(condition: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (condition()) return;
      await new Promise<void>((wake, fail) => this.#waiting.push({ condition, wake, fail })); // it may hold no longer when this goes on
    }
  }
}

interface Waiter {
  readonly condition: () => boolean;
  readonly wake: () => void;
  readonly fail: (error: unknown) => void;
}
