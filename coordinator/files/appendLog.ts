import { open, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { DiskSpace } from "./diskSpace.ts";
import { createGroupCommit } from "./groupCommit.ts";

/** A file of lines that only grows. */
export interface AppendLog {
  /** Resolves once the line is on the disk (in the system's hands, if the log is not durable). */
  append(line: string): Promise<void>;
  /** Writes what is still waiting, and ends the log. */
  close(): Promise<void>;
}

interface AppendLogOptions {
  /** Whether every write is flushed to the disk before its lines count as written. */
  readonly durable: boolean;
  /** The least time between two writes, and so between two flushes of the disk. */
  readonly intervalMs?: number;
  /** Waits until there is space again when the disk is full; without it, that is a failure like any other. */
  readonly space?: DiskSpace;
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

/** Opens or creates the log; a last line that was torn by a crash is cut off, so that new lines are never glued to it. */
export async function openAppendLog(path: string, { durable, intervalMs = 50, space, wait = delay }: AppendLogOptions): Promise<AppendLog> {
  const file = await open(path, "a+");
  let length = wholeLines(await readFile(path)).length;
  await file.truncate(length);
  const attempt = async (text: string) => {
    await file.appendFile(text);
    if (durable) await file.datasync();
  };
  const write = async (text: string) => {
    if (space === undefined) await attempt(text);
    else {
      await space.write(
        path,
        () => attempt(text),
        () => file.truncate(length), // half a line may be there
      );
    }
    length += Buffer.byteLength(text);
  };
  const commit = createGroupCommit({ write, intervalMs, wait });
  let closed = false;
  return {
    append(line) {
      if (closed) return Promise.reject(new Error(`${path} is closed; the line ${line.slice(0, 80)} came too late`));
      if (line.includes("\n")) return Promise.reject(new Error(`a line of ${path} must not hold a line feed: ${line.slice(0, 80)}`));
      return commit.append(line);
    },
    async close() {
      closed = true;
      await commit.drain();
      await file.close();
    },
  };
}

/** The bytes up to and with the last line feed. */
export function wholeLines(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
}
