import { createHash } from "node:crypto";
import { lstat, readdir, readFile } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { getMimeType } from "hono/utils/mime";
import { UserError } from "../options/userError.ts";
import { paths } from "../protocol/paths.ts";

export interface Page {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
}

const ONE_YEAR_S = 31_536_000;
const HTML_OF_PATH = { [paths.dashboard]: "index.html", [paths.join]: "join.html" };

/**
 * Every built file by the path it is served at, read once: a request can name nothing else, whatever it writes into its path,
 * and a build in progress changes nothing for those who are being served.
 */
export async function readPages(directory: string): Promise<ReadonlyMap<string, Page>> {
  const pages = new Map<string, Page>();
  for (const file of await listFiles(directory)) {
    const path = `/${relative(directory, file).split(sep).join("/")}`;
    pages.set(path, await readPage(file, path));
  }
  for (const [path, name] of Object.entries(HTML_OF_PATH)) {
    const page = pages.get(`/${name}`);
    if (page === undefined) throw new UserError(`${directory} lacks ${name}. Build the pages first: npm run build`, { exitCode: 1 });
    pages.delete(`/${name}`);
    pages.set(path, page);
  }
  return pages;
}

/** Plain files only: a link could lead out of the folder, and names with a leading dot are not meant for visitors. */
async function listFiles(directory: string): Promise<string[]> {
  try {
    const files = [];
    for (const name of await readdir(directory, { recursive: true })) {
      const path = join(directory, name);
      if (!basename(name).startsWith(".") && (await lstat(path)).isFile()) files.push(path);
    }
    return files;
  } catch (cause) {
    throw new UserError(`The pages are not built: ${directory} cannot be read. Build them first: npm run build`, { exitCode: 1, cause });
  }
}

async function readPage(file: string, path: string): Promise<Page> {
  const body = await readFile(file);
  return {
    body,
    type: getMimeType(file) ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    // The build writes a hash of the content into the names of assets; the HTML that names them must always be the newest.
    cacheControl: path.startsWith("/assets/") ? `public, max-age=${ONE_YEAR_S}, immutable` : "no-cache",
  };
}
