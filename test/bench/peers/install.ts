import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const DEADLINE_MS = 10 * 60_000;

export function rivalsAreInstalled(): boolean {
  return existsSync(`${folder}node_modules/.package-lock.json`) && sameVersions(installed(), wanted());
}

/** Installs the other engines' packages in a folder of their own if they are not there. Undefined, or a sentence about what went wrong. */
export function installRivals(say: (sentence: string) => void): string | undefined {
  if (rivalsAreInstalled()) return undefined;
  say("Installing the other engines, for this bench alone: npm ci in test/bench/peers …");
  // Under npm, the same npm; "npm" alone is a script that Windows starts only through a shell.
  const own = process.env["npm_execpath"];
  const [program, ...first] = own?.endsWith("npm-cli.js") ? [process.execPath, own] : ["npm"];
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--loglevel=error"];
  const shell = first.length === 0 && process.platform === "win32";
  const { status, stderr } = spawnSync(program, [...first, "ci", ...quiet], { cwd: folder, encoding: "utf8", timeout: DEADLINE_MS, shell });
  if (status === 0) return undefined;
  const reason = (stderr ?? "").split("\n").find((line) => line.trim() !== "") ?? "npm ci did not come to an end";
  return `TF.js, jax-js and ConvNetJS could not be installed (a network is needed once): ${reason.trim()}. Measured without them.`;
}

type Versions = ReadonlyMap<string, string>;

const wanted = (): Versions => versionsIn("package-lock.json");
const installed = (): Versions => versionsIn("node_modules/.package-lock.json");

/** Of each package that the lock file names. */
function versionsIn(lockFile: string): Versions {
  const { packages } = JSON.parse(readFileSync(folder + lockFile, "utf8")) as { packages: Readonly<Record<string, { version?: string }>> };
  return new Map(
    Object.entries(packages).flatMap(([path, { version }]) => (path === "" || version === undefined ? [] : [[path, version]])),
  );
}

function sameVersions(some: Versions, others: Versions): boolean {
  return some.size === others.size && [...others].every(([path, version]) => some.get(path) === version);
}
