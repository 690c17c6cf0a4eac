import { afterAll, describe, expect, test } from "vitest";
import type { DashboardSnapshot } from "../../coordinator/protocol/dashboard.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { cifar10Folder, needsShared, sharedIsThere } from "../shared.ts";
import { CoordinatorProcess } from "./coordinatorProcess.ts";

const STEPS = 150;
const TYPESCRIPT = ["--import", "tsx"];

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
    const run = extra.includes("--resume") ? [] : ["--model", "lenet5", "--steps", String(STEPS), "--no-evaluate"];
    const coordinator = new CoordinatorProcess(["--data", cifar10Folder(), ...run, ...extra]);
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
