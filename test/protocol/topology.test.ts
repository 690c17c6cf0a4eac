import { expect, test } from "vitest";
import { chooseTopology, directCost, type ExchangeSize, type Lines, starCost, twoLevelCost } from "../../coordinator/protocol/costModel.ts";
import { aggregatorsOf, FREE, linkUp, memberTest, ownersOf, pairsAcross, ROW_SIZE, rowsOf } from "../../coordinator/protocol/topology.ts";

const seatsOf = (count: number, free: readonly number[] = []) =>
  Array.from({ length: count }, (_, seat) => (free.includes(seat) ? FREE : seat + 1));

test("TO1 ME4 seats are linked within rows of 32, and within columns", () => {
  expect(
    [
      [0, 31],
      [0, 32],
      [31, 32],
      [40, 72],
      [33, 63],
    ].map(([a, b]) => linkUp(a, b)),
  ).toEqual([true, true, false, true, true]);
});

test("TO2 a row's member in a column is its aggregator; for a free seat another one stands in, each for about as many", () => {
  const row = rowsOf(seatsOf(ROW_SIZE + 5, [34]))[1] as number[];
  const aggregators = aggregatorsOf(row, (peer) => peer !== 37);
  expect(aggregators.slice(0, 5)).toEqual([33, 34, 36, 36, 34]);
  const loads = [33, 34, 36].map((peer) => aggregators.filter((aggregator) => aggregator === peer).length);
  expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(2);
  expect(aggregatorsOf(row, () => false)).toEqual([]);
});

test.each([33, 64, 100, 316, 1000])("TO3 of %i peers 64 own slices, each in its column, no row more than its share", (peers) => {
  const seats = seatsOf(peers);
  const owners = ownersOf(seats, () => true);
  expect(owners.length).toBe(64);
  const rows = rowsOf(seats);
  const full = rows.filter((row) => !row.includes(FREE)).length;
  for (const [k, owner] of owners.entries()) {
    const row = rows[Math.floor((owner - 1) / ROW_SIZE)] as number[];
    expect(aggregatorsOf(row, () => true)[k % ROW_SIZE]).toBe(owner);
  }
  const perRow = rows.map((row) => owners.filter((owner) => row.includes(owner)).length);
  expect(Math.max(...perRow)).toBeLessThanOrEqual(Math.ceil(64 / full) + 2);
});

test("TO4 a full grid needs no links across rows and columns; with free seats, those of stand-ins with owners", () => {
  const members = (seats: readonly number[]) => seats.filter((peer) => peer !== FREE);
  const pairs = (seats: number[]) => pairsAcross({ seats, members: members(seats), owners: ownersOf(seats, memberTest(members(seats))) });
  expect(pairs(seatsOf(96))).toEqual([]);
  const ragged = pairs(seatsOf(100));
  expect(ragged.length).toBeGreaterThan(0);
  expect(ragged.length).toBeLessThanOrEqual(100);
  for (const [a, b] of ragged) expect(linkUp(a - 1, b - 1)).toBe(false);
});

const size = (members: number): ExchangeSize => ({ members, bytes: 1_000_000, slices: 64 });
const lines: Lines = { bytesPerMs: 2500, latencyMs: 20, overheadBytes: 100 };

test.each([2, 32, 33, 100, 1000])(
  "TO5 of %i peers all topologies carry each slice to its owner and back: the messages are the same",
  (members) => {
    expect(directCost(size(members), lines).messages).toBe(2 * 64 * (members - 1));
    expect(twoLevelCost(size(members), lines).messages).toBe(2 * 64 * (members - 1));
    expect(starCost(size(members), lines).messages).toBe(2 * 2 * 64 * (members - 1)); // each over two ways
  },
);

test("TO5 one peer alone costs nothing", () => {
  expect(directCost(size(1), lines)).toEqual({ messages: 0, bytes: 0, ms: 0 + (2 * 0 * 0) / 1, links: 0 });
});

test("TO6 up to 32 peers exchange directly, more on two levels, with the reason in figures", () => {
  expect([1, 2, 32].map((members) => chooseTopology(members).topology)).toEqual(["direct", "direct", "direct"]);
  expect([33, 100, 1000].map((members) => chooseTopology(members).topology)).toEqual(["two levels", "two levels", "two levels"]);
  expect(chooseTopology(1000).reason).toMatch(
    /^1000 peers exchange in rows of 32: 62 links each and \d+ ms .* instead of 999 links each and \d+ ms/,
  );
});

test("TO6 up to 129 peers two levels may be chosen for the links' sake alone, at no more than twice the time; from 130 on they are faster", () => {
  for (let members = 33; members <= 1024; members++) {
    const [direct, two] = [directCost(size(members), lines).ms, twoLevelCost(size(members), lines).ms];
    expect(two, `${members} peers`).toBeLessThan(2 * direct);
    if (members >= 130) expect(two, `${members} peers`).toBeLessThan(direct);
  }
});
