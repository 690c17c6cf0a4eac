import { appendFileSync, readFileSync, truncateSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openAppendLog } from "../../../coordinator/files/appendLog.ts";
import { Checkpoints } from "../../../coordinator/files/checkpoints.ts";
import { DiskFull, DiskSpace } from "../../../coordinator/files/diskSpace.ts";
import { xxHash64 } from "../../../engine/kernels/reference/xxHash64.ts";
import { smallDisk } from "../smallDisk.ts";
import { temporaryFolder } from "../temporaryFolder.ts";

const noSpace = () => Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });

/** A disk space whose waiting is done by hand. */
function watched() {
  const told: (readonly string[])[] = [];
  const waits: (() => void)[] = [];
  const space = new DiskSpace(
    (paths) => told.push(paths),
    () => new Promise<void>((resolve) => waits.push(resolve)),
  );
  /** An attempt has failed, and what it left is undone. */
  const stuck = async () => {
    while (waits.length === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  const next = async () => {
    await stuck();
    waits.shift()?.();
  };
  return { told, space, stuck, next };
}

test("FI2 what the full disk did not take is undone, and tried again until there is space; both is told once", async () => {
  const { told, space, next } = watched();
  const file = join(temporaryFolder(), "log");
  appendFileSync(file, "whole\n");
  let full = 3;
  const attempt = async () => {
    appendFileSync(file, full > 0 ? "half a li" : "line\n");
    if (full-- > 0) throw noSpace();
  };
  const written = space.write(file, attempt, async () => truncateSync(file, 6));
  for (let i = 0; i < 3; i++) {
    await next();
    expect(readFileSync(file, "utf8").startsWith("whole\n")).toBe(true);
  }
  await written;
  expect(readFileSync(file, "utf8")).toBe("whole\nline\n");
  expect(told).toEqual([[file], []]);
});

test("FI2 with several files it is over when all of them are written", async () => {
  const { told, space, next } = watched();
  const full = new Set(["a", "b"]);
  const write = (path: string) =>
    space.write(
      path,
      async () => {
        if (full.has(path)) throw noSpace();
      },
      async () => undefined,
    );
  const written = [write("a"), write("b")];
  await new Promise((resolve) => setImmediate(resolve));
  full.delete("a");
  for (let i = 0; i < 2; i++) await next();
  await written[0];
  full.delete("b");
  await next();
  await written[1];
  expect(told).toEqual([["a"], ["a", "b"], ["b"], []]);
});

test("FI2 any other failure is thrown at once", async () => {
  const { told, space } = watched();
  const fail = async () => {
    throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
  };
  await expect(space.write("a", fail, async () => undefined)).rejects.toThrow("EIO");
  expect(told).toEqual([]);
});

test("FI2 who ends while the disk is full is not kept waiting", async () => {
  const { space, stuck, next } = watched();
  const fail = async () => {
    throw noSpace();
  };
  const written = space.write("a", fail, async () => undefined);
  const given = expect(written).rejects.toThrow(new DiskFull("a could not be written to its end: the disk is full"));
  await stuck();
  space.close();
  await next();
  await given;
});

test("FI2 a log on a disk that fills up has whole lines only, and all of them when there is space again", async (context) => {
  const disk = smallDisk(256 * 1024);
  if (disk === undefined) return context.skip("nobody may mount a disk here");
  const { told, space, stuck, next } = watched();
  const file = join(disk.folder, "log.jsonl");
  const log = await openAppendLog(file, { durable: true, intervalMs: 0, space });
  const lines = Array.from({ length: 500 }, (_, i) => JSON.stringify({ i, text: "x".repeat(300) }));
  for (const line of lines.slice(0, 100)) await log.append(line);
  disk.fill();
  const rest = lines.slice(100).map((line) => log.append(line));
  await next();
  await stuck();
  const whole = readFileSync(file, "utf8");
  expect(whole.endsWith("\n")).toBe(true);
  expect(whole.trimEnd().split("\n")).toEqual(lines.slice(0, 100));
  disk.free();
  await next();
  await Promise.all(rest);
  await log.close();
  expect(readFileSync(file, "utf8").trimEnd().split("\n")).toEqual(lines);
  expect(told).toEqual([[file], []]);
});

const hashOf = (state: Uint8Array): string => xxHash64(state).toString(16).padStart(16, "0");

test("FI2 a checkpoint that does not fit beside the older ones takes the place of all but the newest of them", async (context) => {
  const disk = smallDisk(512 * 1024);
  if (disk === undefined) return context.skip("nobody may mount a disk here");
  const { told, space, next } = watched();
  await mkdir(join(disk.folder, "checkpoints"));
  const checkpoints = new Checkpoints(disk.folder, space, (round) => hashOf(new Uint8Array(180_000).fill(round)));
  const chunk = (round: number, index: number) =>
    ({ type: "state", round, index, chunks: 3, bytes: new Uint8Array(60_000).fill(round) }) as const;
  const save = async (round: number) => {
    await Promise.all([0, 1].map((index) => checkpoints.receive(1, chunk(round, index))));
    return checkpoints.receive(1, chunk(round, 2));
  };
  expect([await save(10), await save(20)]).toEqual([{ round: 10 }, { round: 20 }]); // 180,000 bytes each
  const third = save(30);
  await next();
  expect(await third).toEqual({ round: 30 });
  expect(await checkpoints.newest(100)).toBe(30);
  expect(await checkpoints.newest(25)).toBe(20);
  expect(await checkpoints.newest(15)).toBeUndefined();
  expect(told.length).toBe(2);
});
