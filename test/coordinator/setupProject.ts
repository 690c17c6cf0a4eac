import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { temporaryFolder } from "./temporaryFolder.ts";

const SETUP = resolve(import.meta.dirname, "../../coordinator/setup.mjs");

/** Records its arguments, and installs what the lock file wants, as npm would. */
const FAKE_NPM = `
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
appendFileSync("calls.log", "npm " + process.argv.slice(2).join(" ") + "\\n");
if (process.env.FAKE_NPM_FAILS) { console.error("npm: no network"); process.exit(1); }
mkdirSync("node_modules/vite/bin", { recursive: true });
copyFileSync("fake-vite.mjs", "node_modules/vite/bin/vite.js");
const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
if (process.env.NODE_ENV === "production") delete lock.packages["node_modules/for-tests"];
writeFileSync("node_modules/.package-lock.json", JSON.stringify(lock));
`;

/** Records that it ran, and writes the page after a while. */
const FAKE_VITE = `
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
appendFileSync("calls.log", "vite\\n");
if (process.env.FAKE_VITE_FAILS) { console.error("vite: syntax error"); process.exit(1); }
const out = process.argv[process.argv.indexOf("--outDir") + 1];
mkdirSync(out, { recursive: true });
setTimeout(() => writeFileSync(out + "/index.html", "built"), 300);
`;

const lockFile = (version: string) =>
  JSON.stringify({
    packages: {
      "": { version: "0.1.0" },
      "node_modules/vite": { version },
      "node_modules/for-other-systems": { version: "1.0.0", optional: true },
      "node_modules/for-tests": { version: "1.0.0", dev: true },
    },
  });

/** A project with the real setup.mjs and stand-ins for npm and vite, in a folder of its own. */
export function createSetupProject() {
  const root = temporaryFolder();
  const at = (path: string) => join(root, path);
  const write = (path: string, text: string, age = 3600) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
    const then = Date.now() / 1000 - age;
    for (let each = at(path); each !== root; each = dirname(each)) utimesSync(each, then, then);
  };
  write("package.json", '{ "type": "module" }');
  write("package-lock.json", lockFile("8.0.0"));
  write("fake-npm.mjs", FAKE_NPM);
  copyFileSync(at("fake-npm.mjs"), at("npm-cli.js"));
  write("fake-vite.mjs", FAKE_VITE);
  write("coordinator/dashboard/main.ts", "");
  write("worker/join/main.ts", "");
  write("coordinator/browser/chromium.ts", 'const CANDIDATES = [\n  "/nowhere/chromium",\n  "C:\\\\Chrome\\\\chrome.exe",\n];\n');
  copyFileSync(SETUP, at("coordinator/setup.mjs"));
  return {
    root,
    at,
    write,
    requirePackage: (version: string) => write("package-lock.json", lockFile(version), 0),
    calls: () => (existsSync(at("calls.log")) ? readFileSync(at("calls.log"), "utf8").split("\n").filter(Boolean) : []),
    run: (args: string[] = [], environment: Record<string, string> = {}) => run(root, args, environment),
  };
}

function run(
  root: string,
  args: string[],
  environment: Record<string, string>,
): Promise<{ code: number | null; out: string; milliseconds: number }> {
  const begun = performance.now();
  return new Promise((done) => {
    const env = { PATH: process.env["PATH"], npm_execpath: join(root, "npm-cli.js"), ...environment };
    const child = spawn(process.execPath, [join(root, "coordinator/setup.mjs"), ...args], { cwd: "/", env });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        out += text;
      });
    }
    child.on("close", (code) => done({ code, out, milliseconds: performance.now() - begun }));
  });
}
