import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const specification = readFileSync(join(root, "docs/specification.md"), "utf8");

/** Rules in the order of the page: their number, and their text. */
const rules = [...specification.matchAll(/^- \*\*([A-Z]{2}\d+)\*\* (.+)$/gm)].map(([, id, text]) => ({ id, text }));

/** The rules that the name of some test begins with. */
function rulesInTests(): Set<string> {
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".test.ts"));
  const names = files.flatMap((name) => readFileSync(join(root, "test", name), "utf8").match(/["'`](?:[A-Z]{2}\d+ )+/g) ?? []);
  return new Set(names.flatMap((name) => name.match(/[A-Z]{2}\d+/g) ?? []));
}

test("every rule has a number of its own, counted from 1 in its group", () => {
  const next = new Map<string, number>();
  for (const { id } of rules) {
    const group = id.slice(0, 2);
    const number = next.get(group) ?? 1;
    expect(id).toBe(`${group}${number}`);
    next.set(group, number + 1);
  }
  expect(rules.length).toBeGreaterThan(80);
});

test("every rule has a test that begins with its number, or names the file that proves it", () => {
  const tested = rulesInTests();
  const named = (text: string): boolean => [...text.matchAll(/`(test\/[^`]+)`/g)].some(([, path]) => existsSync(join(root, path)));
  expect(rules.filter(({ id, text }) => !tested.has(id) && !named(text)).map(({ id }) => id)).toEqual([]);
});

test("every number that a test begins with is a rule", () => {
  const known = new Set(rules.map(({ id }) => id));
  expect([...rulesInTests()].filter((id) => !known.has(id)).sort()).toEqual([]);
});

test("the table of invariants names rules that exist", () => {
  const [, invariants] = specification.split("## Invariants");
  const ids = (invariants.match(/\b[A-Z]{2}\d+\b/g) ?? []).filter((id) => !rules.some((rule) => rule.id === id));
  expect(ids).toEqual([]);
});
