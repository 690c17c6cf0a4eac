import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockRun } from "../../../coordinator/files/runLock.ts";
import { temporaryFolder } from "../temporaryFolder.ts";

const locks = (folder: string) => readdirSync(folder).sort();
const holder = { pid: process.pid, host: hostname(), birth: null, since: "2026-01-31T14:05:09.000Z" };

test("FI1 a run directory is one coordinator's; the second is told who has it and what to do", async () => {
  const folder = temporaryFolder();
  const lock = await lockRun(folder);
  const sentence = new RegExp(
    `^${folder} is in use by process ${process.pid} on ${hostname()} since .*Z\\. End that one first, or begin a run of your own; if there is no such process any more, delete ${folder}/lock-1\\.$`,
  );
  await expect(lockRun(folder)).rejects.toThrow(sentence);
  expect(locks(folder)).toEqual(["lock-1"]);
  await lock.release();
  expect(locks(folder)).toEqual([]);
  await (await lockRun(folder)).release();
});

test("FI1 a holder that was killed locks nobody out", async () => {
  const folder = temporaryFolder();
  const child = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"]);
  await once(child, "spawn");
  const path = join(folder, "lock-3");
  writeFileSync(path, JSON.stringify({ ...holder, pid: child.pid }));
  await expect(lockRun(folder)).rejects.toThrow(`in use by process ${child.pid}`);
  await killed(child);
  const lock = await lockRun(folder);
  expect(locks(folder)).toEqual(["lock-4"]);
  expect(JSON.parse(readFileSync(join(folder, "lock-4"), "utf8"))).toMatchObject({ pid: process.pid });
  await lock.release();
});

async function killed(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

test.skipIf(process.platform !== "linux")("FI1 a later process with the same number is not the holder", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "lock-1"), JSON.stringify({ ...holder, birth: "another boot 1" }));
  await (await lockRun(folder)).release();
});

test("FI1 a process of another machine counts as alive: nobody here can know", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "lock-1"), JSON.stringify({ ...holder, host: "elsewhere", pid: 2 ** 30 }));
  await expect(lockRun(folder)).rejects.toThrow("in use by process 1073741824 on elsewhere since 2026-01-31T14:05:09.000Z");
});

test("FI1 a lock that a crash left without its holder counts for ten seconds", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "lock-1");
  writeFileSync(path, '{"pid":');
  await expect(lockRun(folder)).rejects.toThrow("in use by another process that has just begun");
  const before = Date.now() / 1000 - 11;
  utimesSync(path, before, before);
  await (await lockRun(folder)).release();
});

test("FI1 of many who come at once, over a lock that was left behind, at most one gets it", async () => {
  for (let turn = 0; turn < 20; turn++) {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "lock-1"), JSON.stringify({ ...holder, pid: 2 ** 30 }));
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockRun(folder)));
    const winners = tries.filter(({ status }) => status === "fulfilled");
    expect(winners.length).toBeLessThanOrEqual(1);
    expect(locks(folder).length).toBe(winners.length);
  }
});
