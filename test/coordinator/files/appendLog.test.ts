import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openAppendLog } from "../../../coordinator/files/appendLog.ts";
import { createGroupCommit } from "../../../coordinator/files/groupCommit.ts";
import { temporaryFolder } from "../temporaryFolder.ts";

const path = () => join(temporaryFolder(), "log.jsonl");
const read = (file: string) => readFileSync(file, "utf8");

test.each([true, false])("a line is in the file when its promise resolves (durable: %s)", async (durable) => {
  const file = path();
  const log = await openAppendLog(file, { durable });
  await log.append("one");
  expect(read(file)).toBe("one\n");
  await log.append("two");
  expect(read(file)).toBe("one\ntwo\n");
  await log.close();
});

test("lines keep their order, and close writes those that wait", async () => {
  const file = path();
  const log = await openAppendLog(file, { durable: true });
  const lines = Array.from({ length: 500 }, (_, i) => `line ${i}`);
  const written = lines.map((line) => log.append(line));
  await log.close();
  await Promise.all(written);
  expect(read(file)).toBe(lines.map((line) => `${line}\n`).join(""));
});

test("lines of one turn are one write; lines of the pause after it are the next", async () => {
  const waits: { milliseconds: number; end: () => void }[] = [];
  const wait = (milliseconds: number) => new Promise<void>((end) => waits.push({ milliseconds, end }));
  const file = path();
  const log = await openAppendLog(file, { durable: true, intervalMs: 50, wait });
  await Promise.all([log.append("a"), log.append("b")]);
  expect(read(file)).toBe("a\nb\n");
  const later = [log.append("c"), log.append("d")];
  await new Promise((resolve) => setImmediate(resolve));
  expect(waits.map(({ milliseconds }) => milliseconds)).toEqual([50]); // one pause for one write
  expect(read(file)).toBe("a\nb\n");
  waits[0].end();
  await Promise.all(later);
  expect(read(file)).toBe("a\nb\nc\nd\n");
  expect(waits).toHaveLength(2);
  waits[1].end();
  await log.close();
});

test("a line that a crash has torn is cut off when the log is opened again", async () => {
  const file = path();
  writeFileSync(file, '{"round":1}\n{"rou');
  const log = await openAppendLog(file, { durable: true });
  await log.append('{"round":2}');
  await log.close();
  expect(read(file)).toBe('{"round":1}\n{"round":2}\n');
});

test("a file that holds nothing but half a line becomes empty; whole lines stay untouched", async () => {
  for (const [before, after] of [
    ["half", ""],
    ["", ""],
    ["\0\0\0\0", ""],
    ["whole\n", "whole\n"],
    ["größe\n✓", "größe\n"],
  ] as const) {
    const file = path();
    appendFileSync(file, before);
    await (await openAppendLog(file, { durable: false })).close();
    expect(read(file)).toBe(after);
  }
});

test("what cannot be a line, or comes after the end, is refused", async () => {
  const log = await openAppendLog(path(), { durable: false });
  await expect(log.append("two\nlines")).rejects.toThrow(/must not hold a line feed/);
  await log.close();
  await expect(log.append("late")).rejects.toThrow(/is closed/);
});

test("after a failed write nothing is written behind the half line, and no append pretends to be", async () => {
  const written: string[] = [];
  const write = async (text: string) => {
    if (text === "b\n") throw new Error("ENOSPC");
    written.push(text);
  };
  const commit = createGroupCommit({ write, intervalMs: 0, wait: () => Promise.resolve() });
  await commit.append("a");
  await expect(commit.append("b")).rejects.toThrow("ENOSPC");
  await expect(commit.append("c")).rejects.toThrow("ENOSPC");
  expect(written).toEqual(["a\n"]);
});
