interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommit {
  /** Resolves once the line was written. */
  append(line: string): Promise<void>;
  /** Resolves once all lines were written, without pauses. */
  drain(): Promise<void>;
}

/**
 * Group commit: the first line after a pause is written at once; those that come during a write and `intervalMs` after it go into the next one
 * together. So a flush of the disk, milliseconds long, is shared by many lines. After a failed write nothing more is written, for
 * the file may end with half a line: every append fails with the same error.
 */
export function createGroupCommit(options: {
  readonly write: (text: string) => Promise<void>;
  readonly intervalMs: number;
  readonly wait: (milliseconds: number) => Promise<unknown>;
}): GroupCommit {
  let waiting: Waiting[] = [];
  let writer: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let draining = false;

  const writeBatch = async () => {
    const batch = waiting;
    waiting = [];
    try {
      if (failure !== undefined) throw failure.error;
      await options.write(batch.map(({ line }) => `${line}\n`).join(""));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      failure ??= { error };
      for (const { reject } of batch) reject(error);
    }
  };
  const writeAll = async () => {
    await Promise.resolve(); // lines of the same turn go together
    while (waiting.length > 0) {
      await writeBatch();
      if (!draining) await options.wait(options.intervalMs);
    }
    writer = undefined;
  };
  return {
    append: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ line, resolve, reject });
        writer ??= writeAll();
      }),
    async drain() {
      draining = true;
      await writer;
    },
  };
}
