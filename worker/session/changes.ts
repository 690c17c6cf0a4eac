/** A place to wait for "something has changed": waiters look again at what they wait for, and wait on if it is not there. */
export class Changes {
  #waiting = withResolvers();
  #failure: Error | undefined;

  /** Wakes everyone who waits. */
  notify(): void {
    const { resolve } = this.#waiting;
    this.#waiting = withResolvers();
    resolve();
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
      await this.#waiting.promise;
    }
  }
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
