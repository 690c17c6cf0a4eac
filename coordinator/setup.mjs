/**
 * Runs before every command: installs the packages, builds the pages and, with --browser, sees to a Chromium for the tests.
 * It uses nothing but Node, for it runs when nothing is installed yet, and does only what is missing: usually nothing, without a word.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const LEAST_NODE = 20;
const LOCK_POLL_MS = 200;
const LOCK_TAKING_MS = 5_000;
const LOCK_ABANDONED_MS = 15 * 60_000; // longer than any installation takes
const PAGE_SOURCES = ["coordinator/dashboard", "coordinator/protocol", "worker", "engine", "vite.config.ts", "package-lock.json"];

const forTests = process.argv.includes("--browser");
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const inRoot = (...names) => join(root, ...names);

function main() {
  checkNode();
  ensure({ isMissing: packagesAreMissing, make: installPackages });
  ensure({ isMissing: pagesAreStale, make: buildPages });
  if (forTests) ensure({ isMissing: browserIsMissing, make: installBrowser });
}

function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < LEAST_NODE)
    stop(`tabgrad needs Node ${LEAST_NODE} or newer; this is Node ${process.versions.node}. Get a newer one from https://nodejs.org`);
}

/** Makes what is missing, one process at a time: who waited for another finds the work done. */
function ensure({ isMissing, make }) {
  if (!isMissing()) return;
  const release = lock();
  try {
    if (isMissing()) make();
  } finally {
    release();
  }
}

// --- Packages ---

/** Compares versions, not times: a checkout changes times, and an installation without need would fail without a network. */
function packagesAreMissing() {
  if (!existsSync(inRoot("package-lock.json"))) return !existsSync(inRoot("node_modules"));
  const wanted = readJson("package-lock.json").packages;
  const installed = existsSync(inRoot("node_modules/.package-lock.json")) ? readJson("node_modules/.package-lock.json").packages : {};
  // Optional packages are for other systems; development ones are left out where NODE_ENV says "production".
  const isNeeded = ({ optional, devOptional, dev }) => !optional && !devOptional && (!dev || forTests);
  return Object.entries(wanted).some(([path, entry]) => path !== "" && isNeeded(entry) && installed[path]?.version !== entry.version);
}

function installPackages() {
  if (isLink("node_modules"))
    stop(
      "node_modules is a link to another folder, whose content npm would delete. Install the packages there, or remove the link, and run the command again.",
    );
  const command = existsSync(inRoot("package-lock.json")) ? "ci" : "install";
  say(`Installing packages: npm ${command} …`);
  // Under npm, the same npm; "npm" alone is a script that Windows starts only through a shell.
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js") ? [process.execPath, process.env.npm_execpath] : ["npm"];
  const code = run([...npm, command, "--no-audit", "--no-fund"], { shell: npm.length === 1 && process.platform === "win32" });
  if (code !== 0)
    stop(`npm ${command} failed; its output above says why. It needs a network once. Put that right and run the command again.`);
}

// --- Pages ---

function pagesAreStale() {
  if (!existsSync(inRoot("dist/pages/index.html"))) return true;
  return newestTime(PAGE_SOURCES.map((name) => inRoot(name))) > statSync(inRoot("dist/pages")).mtimeMs;
}

/** Of files and folders: a folder changes when a file in it goes. */
function newestTime(paths) {
  return paths.filter(existsSync).reduce((newest, path) => {
    const found = statSync(path);
    const inside = found.isDirectory() ? newestTime(readdirSync(path).map((name) => join(path, name))) : 0;
    return Math.max(newest, found.mtimeMs, inside);
  }, 0);
}

/** Builds beside and renames: whoever reads the pages meanwhile sees the old ones or the new ones. */
function buildPages() {
  const begun = new Date();
  const [beside, old, pages] = [`dist/pages.part-${process.pid}`, `dist/pages.old-${process.pid}`, "dist/pages"].map((name) =>
    inRoot(name),
  );
  say("Building the pages …");
  const vite = inRoot("node_modules/vite/bin/vite.js");
  const code = run([process.execPath, vite, "build", "--logLevel", "warn", "--emptyOutDir", "--outDir", beside], {});
  if (code !== 0 || !existsSync(join(beside, "index.html"))) {
    rmSync(beside, { recursive: true, force: true });
    stop("The pages could not be built; the output above says why.");
  }
  if (existsSync(pages)) renameSync(pages, old);
  renameSync(beside, pages);
  rmSync(old, { recursive: true, force: true });
  utimesSync(pages, begun, begun); // what was changed during the build is newer than the pages
  say(`Built the pages in ${((Date.now() - begun.getTime()) / 1000).toFixed(1)} s.`);
}

// --- Browser ---

function browserIsMissing() {
  return ![process.env.TABGRAD_CHROMIUM, ...browserCandidates()].some((path) => path && existsSync(path));
}

/** The list in coordinator/browser/chromium.ts, read as text: it must be known before TypeScript can be run. */
function browserCandidates() {
  const list = /CANDIDATES = (\[[^\]]*\])/.exec(readFileSync(inRoot("coordinator/browser/chromium.ts"), "utf8"))?.[1];
  if (list === undefined) stop("coordinator/browser/chromium.ts should hold the list CANDIDATES = [ … ]; it does not.");
  return JSON.parse(list.replace(/,\s*\]$/, "]"));
}

function installBrowser() {
  const advice =
    "Install Chromium or Chrome (Debian: apt-get install chromium), or set TABGRAD_CHROMIUM to the path of one, and run the command again.";
  if (process.getuid?.() !== 0 || spawnSync("apt-get", ["--version"]).status !== 0)
    stop(`The tests need a browser, and none was found. ${advice}`);
  say("Installing Chromium for the tests: apt-get install chromium …");
  const install = () =>
    run(["apt-get", "install", "--yes", "--no-install-recommends", "chromium"], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  if (install() !== 0) {
    run(["apt-get", "update"], {}); // the usual reason: the lists of packages are missing or old
    install();
  }
  if (browserIsMissing()) stop(`Chromium could not be installed; the output above says why. ${advice}`);
}

// --- One at a time ---

/** Takes the lock, waiting for the process that holds it. */
function lock() {
  const folder = inRoot(".cache/setup.lock");
  mkdirSync(dirname(folder), { recursive: true });
  for (let waits = 0; !tryMakeFolder(folder); waits++) {
    breakAbandoned(folder);
    if (waits === 5) say("Waiting for another process that is setting up …");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
  writeFileSync(join(folder, "pid"), String(process.pid));
  return () => rmSync(folder, { recursive: true, force: true });
}

/** The lock of a process that is gone does not count. It is moved away before it goes: another process may have renewed it meanwhile. */
function breakAbandoned(folder) {
  if (!isAbandoned(folder)) return;
  const aside = `${folder}.${process.pid}`;
  try {
    renameSync(folder, aside);
  } catch (error) {
    if (error.code === "ENOENT") return; // gone by itself
    throw error;
  }
  if (isAbandoned(aside)) rmSync(aside, { recursive: true, force: true });
  else renameSync(aside, folder);
}

function isAbandoned(folder) {
  try {
    const age = Date.now() - statSync(folder).mtimeMs;
    const text = existsSync(join(folder, "pid")) ? readFileSync(join(folder, "pid"), "utf8") : "";
    // Without a number the lock is just being taken. In another container, numbers mean other processes: then age decides.
    return text === "" ? age > LOCK_TAKING_MS : age > LOCK_ABANDONED_MS || !isRunning(Number(text));
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
}

function isRunning(processId) {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM"; // it runs, as another user
  }
}

function tryMakeFolder(folder) {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

// --- Small things ---

const readJson = (name) => JSON.parse(readFileSync(inRoot(name), "utf8"));

const say = (sentence) => console.log(`setup: ${sentence}`);

/** What the user has to put right. */
class SetupStopped extends Error {}

function stop(sentence) {
  throw new SetupStopped(sentence);
}

/** Also one that leads nowhere. */
const isLink = (name) => lstatSync(inRoot(name), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;

/** The exit code of a program whose output is shown. */
const run = ([program, ...args], options) => spawnSync(program, args, { cwd: root, stdio: "inherit", ...options }).status;

try {
  main();
} catch (error) {
  if (!(error instanceof SetupStopped)) throw error;
  console.error(`setup: ${error.message}`);
  process.exitCode = 1;
}
