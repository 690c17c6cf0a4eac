import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type JournalEntry, openJournal, readJournal } from "../../../coordinator/files/journal.ts";
import { temporaryFolder } from "../temporaryFolder.ts";

const path = () => join(temporaryFolder(), "journal.jsonl");

const entry = (round: number): JournalEntry => ({
  round,
  view: 2,
  hash: round.toString(16).padStart(16, "0"),
  metrics: { images: 256, lossSum: 589.4, correct: 25, saturated: 0, nonFinite: 0, skipped: false, learningRate: 0.1 + 0.2 },
  members: [1, 3],
  at: 1_700_000_000_000 + round,
});

test("what is journalled is read back, to the bit", async () => {
  const file = path();
  const journal = await openJournal(file);
  for (const round of [0, 1, 2]) await journal.append(entry(round));
  await journal.close();
  expect(await readJournal(file)).toEqual([entry(0), entry(1), entry(2)]);
});

test("cut anywhere, it gives the whole entries before the cut, and goes on after them", async () => {
  const file = path();
  const whole = [0, 1, 2].map((round) => `${JSON.stringify(entry(round))}\n`);
  const lengths = whole.map((line) => line.length);
  for (let cut = 0; cut <= whole.join("").length; cut += 7) {
    writeFileSync(file, whole.join(""));
    truncateSync(file, cut);
    const complete = lengths.filter((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b) <= cut).length;
    expect(await readJournal(file)).toEqual([0, 1, 2].slice(0, complete).map(entry));
    const journal = await openJournal(file);
    await journal.append(entry(complete));
    await journal.close();
    expect(await readJournal(file)).toEqual([0, 1, 2, 3].slice(0, complete + 1).map(entry));
  }
});

test.each<[line: string, why: RegExp]>([
  ["{]", /is damaged at line 2: it is not JSON\. Restore the file, or start a new run\./],
  ["", /is damaged at line 2: it is not JSON/],
  [JSON.stringify({ ...entry(1), hash: "xyz" }), /is damaged at line 2: hash: /],
  [JSON.stringify({ ...entry(1), metrics: { ...entry(1).metrics, images: -1 } }), /is damaged at line 2: metrics\.images: /],
  [JSON.stringify({ ...entry(1), members: [0] }), /is damaged at line 2: members\.0: /],
  [JSON.stringify(entry(2)), /is damaged at line 2: round 2 follows round 0/],
  [JSON.stringify(entry(0)), /is damaged at line 2: round 0 follows round 0/],
])("damage in the middle is not passed over: %s", async (line, why) => {
  const file = path();
  writeFileSync(file, `${JSON.stringify(entry(0))}\n${line}\n`);
  appendFileSync(file, `${JSON.stringify(entry(2))}\n`);
  await expect(readJournal(file)).rejects.toThrow(why);
});

test("ME23 a round that was committed again takes the place of the first, and of what followed it", async () => {
  const file = path();
  const again = { ...entry(1), hash: "f".repeat(16), again: true };
  const lines = [entry(0), entry(1), entry(2), again, entry(2), entry(3)];
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  expect(await readJournal(file)).toEqual([entry(0), again, entry(2), entry(3)]);
});

test("one entry is one line that people can read", async () => {
  const file = path();
  const journal = await openJournal(file);
  await journal.append(entry(12));
  await journal.close();
  expect(readFileSync(file, "utf8")).toBe(
    '{"round":12,"view":2,"hash":"000000000000000c","metrics":{"images":256,"lossSum":589.4,"correct":25,"saturated":0,"nonFinite":0,"skipped":false,' +
      '"learningRate":0.30000000000000004},"members":[1,3],"at":1700000000012}\n',
  );
});
