import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { DashboardSnapshot } from "../../coordinator/protocol/dashboard.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { cifar10Folder, needsShared, sharedIsThere } from "../shared.ts";

const START = fileURLToPath(new URL("../../coordinator/commands/start.ts", import.meta.url));
const LIAR = fileURLToPath(new URL("./lyingPeer.ts", import.meta.url));
const TYPESCRIPT = ["--import", "tsx"];

const processes: ChildProcess[] = [];
let honest: HeadlessPeers | undefined;

function run(file: string, ...given: string[]): { readonly process: ChildProcess; readonly said: () => string } {
  const started = spawn(process.execPath, [...TYPESCRIPT, file, ...given], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  started.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  processes.push(started);
  return { process: started, said: () => said };
}

/** Resolves when `look` gives something; the test's own deadline ends it otherwise. */
async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

afterAll(async () => {
  await honest?.finish(0);
  for (const each of processes) {
    if (each.exitCode !== null || each.signalCode !== null) continue;
    const gone = once(each, "exit");
    each.kill("SIGKILL");
    await gone;
  }
});

describe.skipIf(!sharedIsThere)(`a peer that lies about its gradients${needsShared}`, () => {
  test("AU1 AU5 AU6 real processes: the coordinator computes what is disputed itself; the liar begins again, then is kept out", {
    timeout: 240_000,
  }, async () => {
    const settings = ["--model", "lenet5", "--steps", "100000", "--no-evaluate", "--port", "0", "--min-peers", "3"];
    const coordinator = run(START, ...settings, "--audit-share", "0.2", "--data", cifar10Folder());
    const url = await until(() => {
      if (coordinator.process.exitCode !== null) throw new Error(`the coordinator ended: ${coordinator.said()}`);
      return /http:\S+join\?token=\S+/.exec(coordinator.said())?.[0];
    });
    honest = new HeadlessPeers(url, 1, TYPESCRIPT);
    await honest.start();
    await honest.start();
    const liar = run(LIAR, url);
    const [code, signal] = (await Promise.race([once(liar.process, "exit"), honest.failed])) as [number | null, string | null];
    expect({ code, signal }, liar.said()).toEqual({ code: 1, signal: null });
    expect(liar.said()).toMatch(/this peer was proven to compute wrong results 2 times: it may join again in (9|10) minutes/);

    const snapshot = (await (await fetch(new URL("/api/run", url))).json()) as DashboardSnapshot;
    const texts = snapshot.events.map(({ text }) => text).join("\n");
    expect(texts).toMatch(/round \d+ was audited: what .* contributed is disputed; the coordinator computes it itself/);
    expect(texts).toMatch(/liar \(peer \d+\) (contributed|computed) other numbers than .* give; it begins again with the run's state/);
    expect(texts).toMatch(
      /liar \(peer \d+\) (contributed|computed) other numbers than .*; it was proven wrong 2 times and is removed for 10 minutes/,
    );
    expect(snapshot.state.peers.map(({ state, name }) => [name, state]).sort()).toEqual([
      ["node-1", "member"],
      ["node-2", "member"],
    ]);
  });
});
