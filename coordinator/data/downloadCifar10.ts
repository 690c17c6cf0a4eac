import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { extract } from "tar";
import { UserError } from "../options/userError.ts";
import { ARCHIVE_FOLDER, type Archive, OFFICIAL_ARCHIVE, OFFICIAL_SITE } from "./cifar10.ts";
import { NotCifar10, readCifar10 } from "./cifar10Folder.ts";
import { DownloadFailed, type FetchTimeouts, fetchArchive } from "./fetchArchive.ts";
import { type Progress, terminalProgress } from "./progress.ts";

const TIMEOUTS: FetchTimeouts = { connectMs: 15_000, idleMs: 30_000 };

export interface DownloadOptions {
  /** The folder that will hold the six files. What was there is replaced. */
  readonly into: string;
  /** The address of the folder that holds the archive, or of the archive itself. */
  readonly site?: string | undefined;
  readonly archive?: Archive;
  readonly timeouts?: FetchTimeouts;
  readonly progress?: Progress;
  readonly say: (sentence: string) => void;
}

/**
 * Downloads into a folder beside `into`, checks, unpacks, and renames as the last step: `into` is complete or not there.
 * Throws DownloadFailed when the network is to blame, and a UserError when what came is not CIFAR-10 or cannot be stored.
 */
export async function downloadCifar10(options: DownloadOptions): Promise<void> {
  const { into, archive = OFFICIAL_ARCHIVE, timeouts = TIMEOUTS, progress = terminalProgress(archive.name), say } = options;
  const url = archiveUrl(options.site ?? OFFICIAL_SITE, archive);
  const workplace = `${into}.part-${process.pid}`;
  try {
    await removeAbandoned(into);
    await mkdir(workplace, { recursive: true });
    say(`CIFAR-10 was not found here; downloading it from ${url} …`);
    const file = join(workplace, archive.name);
    await fetchArchive({ url, archive, file, timeouts, progress });
    await extract({ file, cwd: workplace, strict: true, filter: (path) => path.split("/")[0] === ARCHIVE_FOLDER });
    const unpacked = join(workplace, ARCHIVE_FOLDER);
    await readCifar10(unpacked);
    await moveIntoPlace(unpacked, into);
  } catch (error) {
    throw explain(error, into);
  } finally {
    // After a failure, tar may still be closing files there.
    await rm(workplace, { recursive: true, force: true, maxRetries: 5 });
  }
}

function archiveUrl(site: string, archive: Archive): string {
  const url = site.endsWith(".tar.gz") ? site : `${site.replace(/\/$/, "")}/${archive.name}`;
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new UserError(`$CIFAR10_URL should be the http(s) address of the folder that holds ${archive.name}; it is "${site}".`, {
      exitCode: 2,
    });
  }
  return url;
}

/** Two downloads may end at the same time: what is complete is left in place, for someone may be reading it. */
async function moveIntoPlace(unpacked: string, into: string): Promise<void> {
  if (existsSync(into)) {
    const complete = await readCifar10(into).then(
      () => true,
      () => false,
    );
    if (complete) return;
    await rm(into, { recursive: true, force: true });
  }
  await rename(unpacked, into);
}

/** Downloads that a killed process left behind. */
async function removeAbandoned(into: string): Promise<void> {
  const parent = dirname(into);
  await mkdir(parent, { recursive: true });
  const prefix = `${basename(into)}.part-`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix) && !isRunning(Number(name.slice(prefix.length))))
      await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it runs, as another user
  }
}

function explain(error: unknown, into: string): unknown {
  if (error instanceof UserError || error instanceof DownloadFailed) return error;
  if (error instanceof NotCifar10)
    return new UserError(`The archive does not hold CIFAR-10: ${error.message}`, { exitCode: 1, cause: error });
  if (error instanceof Error && "code" in error) {
    return new UserError(
      `CIFAR-10 could not be unpacked into ${into}: ${error.message}. It needs 360 MB while it is unpacked and 184 MB afterwards.`,
      {
        exitCode: 1,
        cause: error,
      },
    );
  }
  return error;
}
