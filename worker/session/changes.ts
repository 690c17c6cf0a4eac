/** A place to wait for "something has changed": waiters look again at what they wait for, and wait on if it is not there. */
export class Changes {
  #waiting: (() => void)[] = [];
  #failure: Error | undefined;

  /** Wakes everyone who waits. */
  notify(): void {
    if (this.#waiting.length === 0) return;
    const woken = this.#waiting;
    this.#waiting = [];
    for (const wake of woken) wake();
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
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
