import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { cifar10Folder, needsShared, sharedIsThere } from "../shared.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The program under a heading of docs/engine.md. */
function program(heading: string): string {
  const [, after] = readFileSync(join(root, "docs/engine.md"), "utf8").split(`## ${heading}\n`);
  const code = after?.match(/```ts\n(.*?)```/s)?.[1];
  if (code === undefined) throw new Error(`expected a program under "${heading}" in docs/engine.md, got none`);
  return code;
}

test("the documented program is of 30 lines", () => {
  const lines = program("LeNet-5 on CIFAR-10")
    .split("\n")
    .filter((line) => line.trim() !== "");
  expect(lines.length).toBeLessThanOrEqual(30);
});

test.skipIf(!sharedIsThere)(
  `LeNet-5 learns CIFAR-10 as documented${needsShared}`,
  () => {
    const file = join(mkdtempSync(join(tmpdir(), "documented-")), "lenet5.mts");
    writeFileSync(file, program("LeNet-5 on CIFAR-10").replace("./engine/index.ts", join(root, "engine/index.ts")));
    const tsx = join(root, "node_modules/tsx/dist/loader.mjs");
    const said = execFileSync(process.execPath, ["--import", tsx, file, cifar10Folder()], { encoding: "utf8", timeout: 280_000 });
    const [, correct] = said.match(/^(\d+) of 10000 test images$/m) ?? [];
    expect(Number(correct)).toBeGreaterThan(4500); // of ten classes, after a single pass
  },
  300_000,
);
