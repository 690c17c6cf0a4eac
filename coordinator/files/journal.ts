import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { UserError } from "../options/userError.ts";
import { hashSchema, roundMetricsSchema } from "../protocol/messages.ts";
import { peerIdSchema } from "../protocol/view.ts";
import { openAppendLog, wholeLines } from "./appendLog.ts";
import type { DiskSpace } from "./diskSpace.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** One committed round: every member of the view reported this hash. */
const journalEntrySchema = v.object({
  round: count,
  view: count,
  hash: hashSchema,
  /** With the learning rate. */
  metrics: roundMetricsSchema,
  members: v.array(peerIdSchema),
  /** Milliseconds since 1970. */
  at: v.number(),
  /** Its round was committed before: this line, and those that follow, take the place of what stands there from that round on. */
  again: v.exactOptional(v.literal(true)),
});

export type JournalEntry = v.InferOutput<typeof journalEntrySchema>;

export interface Journal {
  /** Resolves once the entry is on the disk. */
  append(entry: JournalEntry): Promise<void>;
  close(): Promise<void>;
}

/** Opens or creates the journal for appending. Read it before: a last line that a crash has torn is cut off here. */
export async function openJournal(path: string, space?: DiskSpace): Promise<Journal> {
  const log = await openAppendLog(path, { durable: true, ...(space === undefined ? {} : { space }) });
  return { append: (entry) => log.append(JSON.stringify(entry)), close: log.close };
}

/** All entries in order. What was committed again counts instead. A torn last line never counted; any other damage is refused. */
export async function readJournal(path: string): Promise<JournalEntry[]> {
  const lines = new TextDecoder().decode(wholeLines(await readFile(path))).split("\n");
  lines.pop(); // what follows the last line feed: nothing
  const entries = lines.map((line, index) => parseEntry(path, index + 1, line));
  const journal: JournalEntry[] = [];
  for (const [index, entry] of entries.entries()) {
    const before = journal.at(-1)?.round ?? entry.round - 1;
    const at = entry.again ? journal.findIndex(({ round }) => round === entry.round) : journal.length;
    if (at < 0 || (!entry.again && entry.round !== before + 1))
      throw damaged(path, index + 1, `round ${entry.round} follows round ${before}`);
    journal.splice(at, journal.length, entry);
  }
  return journal;
}

function parseEntry(path: string, lineNumber: number, line: string): JournalEntry {
  const result = v.safeParse(journalEntrySchema, parseJson(path, lineNumber, line));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw damaged(path, lineNumber, `${v.getDotPath(issue) ?? "the entry"}: ${issue.message}`);
}

function parseJson(path: string, lineNumber: number, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw damaged(path, lineNumber, "it is not JSON", cause);
  }
}

function damaged(path: string, lineNumber: number, why: string, cause?: unknown): UserError {
  return new UserError(`${path} is damaged at line ${lineNumber}: ${why}. Restore the file, or start a new run.`, { exitCode: 1, cause });
}
