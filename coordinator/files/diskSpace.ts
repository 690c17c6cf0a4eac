import { setTimeout as delay } from "node:timers/promises";

/** How often it is tried again. */
const RETRY_MS = 1000;

/** Writing was given up because it had to end, and the disk was full. */
export class DiskFull extends Error {
  override readonly name = "DiskFull";
}

/** A disk that is full is waited for: nothing is lost but time. */
export class DiskSpace {
  readonly #onChange: (paths: readonly string[]) => void;
  readonly #wait: (milliseconds: number) => Promise<unknown>;
  readonly #stuck = new Set<string>();
  #closed = false;

  /** `onChange` hears which files cannot be written whenever that changes; none, when all can again. */
  constructor(onChange: (paths: readonly string[]) => void, wait: (milliseconds: number) => Promise<unknown> = delay) {
    this.#onChange = onChange;
    this.#wait = wait;
  }

  /**
   * Tries again, after `undo` has cleared away what a failed attempt may have left, until there is space. Any other failure is thrown;
   * after `close` this one is, too.
   */
  async write(path: string, attempt: () => Promise<void>, undo: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await attempt();
        if (this.#stuck.delete(path)) this.#onChange([...this.#stuck]);
        return;
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        await undo();
        if (this.#closed) throw new DiskFull(`${path} could not be written to its end: the disk is full`, { cause: error });
        if (!this.#stuck.has(path)) this.#onChange([...this.#stuck.add(path)]);
        await this.#wait(RETRY_MS);
      }
    }
  }

  /** From now on nothing is waited for. */
  close(): void {
    this.#closed = true;
  }
}

function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}
