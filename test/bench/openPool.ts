import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { chromiumArguments, findBrowser } from "../../coordinator/browser/chromium.ts";
import { callsInto, openPage, servePages } from "./browserHost.ts";
import { pinnedTo } from "./pinned.ts";
import type { PoolBench } from "./pool.ts";
import type { PoolAnswer, PoolQuestion } from "./poolProcess.ts";

export interface OpenPool {
  readonly bench: PoolBench;
  /** Why it is not bound to its cores, if it is not. */
  readonly problem: string | undefined;
  close(): Promise<void>;
}

const DEADLINE_MS = 300_000; // of an answer
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A Node process like a headless peer's, bound to as many cores as it will have compute workers. */
export function openNodePool(cores: number): Promise<OpenPool> {
  const { command, problem } = pinnedTo(cores);
  const file = fileURLToPath(new URL("./poolProcess.ts", import.meta.url));
  const [program = process.execPath, ...values] = [...command, process.execPath, "--import", "tsx", file];
  const child = spawn(program, values, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ask = (question: PoolQuestion): Promise<number> =>
    new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`expected the pool's answer to ${question.method}, got none: ${why}`));
      const late = setTimeout(() => fail(`nothing came in ${DEADLINE_MS / 1000} s`), DEADLINE_MS);
      const gone = (code: number | null): void => fail(`its process ended with code ${code}`);
      child.once("exit", gone);
      child.once("message", ({ value, error }: PoolAnswer) => {
        clearTimeout(late);
        child.off("exit", gone);
        if (error === undefined) resolve(value ?? 0);
        else fail(error);
      });
      child.send(question);
    });
  const bench: PoolBench = {
    prepare: async (value) => void (await ask({ method: "prepare", value })),
    train: (value) => ask({ method: "train", value }),
  };
  return Promise.resolve({ bench, problem, close: () => Promise.resolve(void child.kill()) });
}

/** A Chromium of its own, all of whose processes are bound to so many cores, with a tab that has the pool. */
export async function openBrowserPool(cores: number): Promise<OpenPool> {
  const { command, problem } = pinnedTo(cores);
  const folder = mkdtempSync(join(tmpdir(), "tabgrad-bench-"));
  const launcher = join(folder, "chromium");
  writeFileSync(launcher, `#!/bin/sh\nexec ${command.join(" ")} "${findBrowser()}" "$@"\n`, { mode: 0o755 });
  const server = await servePages(["test/bench/pool.html"], `bench-pool-${cores}`);
  const browser = await chromium.launch({ executablePath: launcher, args: [...chromiumArguments] });
  const page = await openPage(browser, server.url, "test/bench/pool.html", "pool");
  return {
    bench: callsInto(page, "pool", ["prepare", "train"]) as unknown as PoolBench,
    problem,
    close: async () => {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
