import { open, readdir, readFile, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { UserError } from "../options/userError.ts";

/** Keeps a run directory for this process alone. */
export interface RunLock {
  release(): Promise<void>;
}

const NAME = /^lock-(\d{1,9})$/;

/** A lock without its holder's name in it was begun just now, or its maker has crashed in that moment. */
const UNFINISHED_MS = 10_000;

const holderSchema = v.object({
  pid: v.number(),
  host: v.string(),
  /** Tells the process from a later one with the same number; only where the system says it. */
  birth: v.nullable(v.string()),
  since: v.string(),
});

type Holder = v.InferOutput<typeof holderSchema>;

/**
 * Locks a run directory, or refuses with the name of who has it. Locks are numbered files, `lock-1`, `lock-2`, …, and the one with the
 * highest number counts: who finds it left over from a process that is gone makes the next one, which only one can. So a crash of
 * the holder locks nobody out, and two who come at the same moment never both get it.
 */
export async function lockRun(folder: string): Promise<RunLock> {
  for (;;) {
    const locks = await locksIn(folder);
    for (const lock of locks) await refuseIfHeld(folder, lock);
    const own = (locks.at(-1) ?? 0) + 1;
    if (!(await create(join(folder, `lock-${own}`)))) continue; // somebody else was as fast: look again
    const release = () => rm(join(folder, `lock-${own}`), { force: true });
    try {
      for (const lock of await locksIn(folder)) if (lock !== own) await refuseIfHeld(folder, lock);
    } catch (error) {
      await release();
      throw error;
    }
    await Promise.all(locks.map((lock) => rm(join(folder, `lock-${lock}`), { force: true })));
    return { release };
  }
}

async function locksIn(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

async function refuseIfHeld(folder: string, lock: number): Promise<void> {
  const path = join(folder, `lock-${lock}`);
  const holder = await holderOf(path);
  if (holder === "gone" || (holder !== "unfinished" && !(await isAlive(holder)))) return;
  const [who, whatElse] =
    holder === "unfinished"
      ? ["another process that has just begun", "try again in some seconds"]
      : [`process ${holder.pid} on ${holder.host} since ${holder.since}`, `if there is no such process any more, delete ${path}`];
  throw new UserError(`${folder} is in use by ${who}. End that one first, or begin a run of your own; ${whatElse}.`, { exitCode: 2 });
}

async function holderOf(path: string): Promise<Holder | "gone" | "unfinished"> {
  try {
    const text = await readFile(path, "utf8");
    const result = v.safeParse(v.pipe(v.string(), v.parseJson(), holderSchema), text);
    if (result.success) return result.output;
    return Date.now() - (await stat(path)).mtimeMs > UNFINISHED_MS ? "gone" : "unfinished";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "gone";
    throw error;
  }
}

/** Of a process on another machine nobody here can know; it counts as alive. */
async function isAlive({ pid, host, birth }: Holder): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = await birthOf(pid);
  return birth === null || now === null || now === birth;
}

/** On Linux: when the process began, in ticks since the boot, and which boot that was. */
async function birthOf(pid: number): Promise<string | null> {
  if (process.platform !== "linux") return null;
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    return `${boot.trim()} ${status.slice(status.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return null; // gone meanwhile, or /proc is not there
  }
}

/** False if it is there already. */
async function create(path: string): Promise<boolean> {
  const holder: Holder = { pid: process.pid, host: hostname(), birth: await birthOf(process.pid), since: new Date().toISOString() };
  try {
    const file = await open(path, "wx");
    try {
      await file.writeFile(`${JSON.stringify(holder)}\n`);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}
