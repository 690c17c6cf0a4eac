import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UserError } from "../options/userError.ts";
import { NotCifar10, readCifar10 } from "./cifar10Folder.ts";
import { createDataset, type Dataset, type Records } from "./dataset.ts";
import { type DownloadOptions, downloadCifar10 } from "./downloadCifar10.ts";
import { DownloadFailed } from "./fetchArchive.ts";
import { drawSynthetic } from "./synthetic.ts";

/** Shared by all runs; holds the six files once they were downloaded. */
const CIFAR10_CACHE = fileURLToPath(new URL("../../.cache/cifar-10", import.meta.url));

/** The word that `--data` takes in place of a folder. */
const SYNTHETIC = "synthetic";

export interface DatasetSearch {
  /** `--data`: a folder, or "synthetic". */
  readonly data?: string | undefined;
  /** process.env: a folder to read, and a mirror to download from. */
  readonly environment: { readonly CIFAR10_DIR?: string | undefined; readonly CIFAR10_URL?: string | undefined };
  readonly cache?: string;
  /** Overrides of the download, e.g. its timeouts. */
  readonly download?: Partial<DownloadOptions>;
  /** Gets sentences on what is being done. */
  readonly say: (sentence: string) => void;
}

/**
 * `--data`, then `$CIFAR10_DIR`, then the cache, then the download, and the drawn stand-in when there is no network.
 * A place that the user names must hold the data: nothing else is silently taken instead.
 */
export async function findDataset(search: DatasetSearch): Promise<Dataset> {
  const { data, environment, cache = CIFAR10_CACHE, say } = search;
  if (data === SYNTHETIC) return draw("as --data synthetic asks", say);
  if (data !== undefined) return readNamed(data, `--data ${data}`);
  const directory = environment.CIFAR10_DIR;
  if (directory !== undefined && directory !== "") return readNamed(directory, `$CIFAR10_DIR = ${directory}`);

  const cached = await readCache(cache, say);
  if (cached !== undefined) return createDataset("cifar-10", cached, `CIFAR-10 from ${cache}`);

  try {
    await downloadCifar10({ ...search.download, site: environment.CIFAR10_URL || search.download?.site, into: cache, say });
  } catch (error) {
    if (!(error instanceof DownloadFailed)) throw error;
    return draw(`because CIFAR-10 could not be downloaded (${error.message})`, say);
  }
  return createDataset("cifar-10", await readCifar10(cache), `CIFAR-10, downloaded into ${cache}`);
}

async function readNamed(directory: string, origin: string): Promise<Dataset> {
  try {
    return createDataset("cifar-10", await readCifar10(directory), `CIFAR-10 from ${directory}`);
  } catch (cause) {
    if (!(cause instanceof NotCifar10)) throw cause;
    const advice =
      "Give the folder of the binary version, leave the option and the variable out (then it is downloaded), or use --data synthetic.";
    throw new UserError(`${origin}: ${cause.message} ${advice}`, { exitCode: 2, cause });
  }
}

async function readCache(cache: string, say: (sentence: string) => void): Promise<Records | undefined> {
  if (!existsSync(cache)) return undefined;
  try {
    return await readCifar10(cache);
  } catch (error) {
    if (!(error instanceof NotCifar10)) throw error;
    say(`The cached CIFAR-10 is damaged and is fetched again: ${error.message}`);
    return undefined;
  }
}

function draw(reason: string, say: (sentence: string) => void): Dataset {
  say("Drawing the synthetic stand-in for CIFAR-10 (60,000 images, a few seconds) …");
  return createDataset(
    "synthetic",
    drawSynthetic(),
    `a synthetic stand-in for CIFAR-10, drawn here ${reason}; its accuracies say nothing about CIFAR-10`,
  );
}
