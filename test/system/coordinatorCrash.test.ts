import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { DashboardSnapshot } from "../../coordinator/protocol/dashboard.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { cifar10Folder, needsShared, sharedIsThere } from "../shared.ts";

const START = fileURLToPath(new URL("../../coordinator/commands/start.ts", import.meta.url));
const STEPS = 150;
const TYPESCRIPT = ["--import", "tsx"];

/** A coordinator in a process of its own, to be killed without a word. */
class CoordinatorProcess {
  readonly #process: ChildProcess;
  #said = "";

  constructor(extra: readonly string[]) {
    const run = extra.includes("--resume") ? [] : ["--model", "lenet5", "--steps", String(STEPS), "--no-evaluate"];
    this.#process = spawn(process.execPath, [...TYPESCRIPT, START, "--data", cifar10Folder(), ...run, ...extra], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process.stdout?.on("data", (chunk: Buffer) => {
      this.#said += chunk.toString();
    });
  }

  async joinUrl(): Promise<URL> {
    for (;;) {
      const found = /http:\S+join\?token=\S+/.exec(this.#said);
      if (found !== null) return new URL(found[0]);
      if (this.#process.exitCode !== null) throw new Error(`the coordinator ended: ${this.#said}`);
      await once(this.#process.stdout as NodeJS.ReadableStream, "data");
    }
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await gone;
  }
}

async function until(url: URL, condition: (run: DashboardSnapshot) => boolean): Promise<DashboardSnapshot> {
  for (;;) {
    const run = (await (await fetch(new URL("/api/run", url))).json()) as DashboardSnapshot;
    if (condition(run)) return run;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.skipIf(!sharedIsThere)(`the coordinator is killed${needsShared}`, () => {
  const coordinators: CoordinatorProcess[] = [];
  const begin = (...extra: string[]) => {
    const coordinator = new CoordinatorProcess(extra);
    coordinators.push(coordinator);
    return coordinator;
  };
  afterAll(async () => {
    for (const coordinator of coordinators.splice(0)) await coordinator.kill();
  });

  const hashes = ({ steps }: DashboardSnapshot) => steps.map(({ hash }) => hash);

  test("CR1 peers come back by themselves, and every step ends with the bits of an undisturbed run", { timeout: 240_000 }, async () => {
    const alone = begin("--port", "0");
    const aloneUrl = await alone.joinUrl();
    const only = new HeadlessPeers(aloneUrl.href, 1, TYPESCRIPT);
    await only.start();
    const undisturbed = await until(aloneUrl, ({ state }) => state.phase === "finished");
    await only.finish(5000);

    const first = begin("--port", "0", "--min-peers", "2");
    const url = await first.joinUrl();
    const { runName } = await until(url, () => true);
    const peers = new HeadlessPeers(url.href, 1, TYPESCRIPT);
    await peers.start();
    await peers.start();
    await until(url, ({ state }) => state.step >= 15);
    await first.kill();
    const second = begin("--port", url.port, "--min-peers", "2", "--resume", runName);
    expect((await second.joinUrl()).href).toBe(url.href); // the link that people have still works
    const finished = await Promise.race([until(url, ({ state }) => state.phase === "finished"), peers.failed]);
    await peers.finish(5000);

    expect(hashes(finished)).toHaveLength(STEPS);
    expect(hashes(finished)).toEqual(hashes(undisturbed));
    expect(finished.events.map(({ text }) => text).join("\n")).toMatch(
      /the run goes on from round \d+ with \d peers?; the state is a peer's/,
    );
  });
});
