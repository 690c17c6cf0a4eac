import { describe, expect, test } from "vitest";
import { decodeFrame, type Frame, frameKinds } from "../../worker/collective/frame.ts";
import { RoundExchange } from "../../worker/collective/roundExchange.ts";
import { slicesOf } from "../../worker/collective/vectorLayout.ts";
import { plainReduction, sameBits, seeded } from "./numbers.ts";
import { Reduction, type ReductionPeer, type Table } from "./reduction.ts";

/** Peer 1 holds most slots, peer 2 fewer, … and with three or more peers the last holds none; everyone owns slices. */
function unevenTable(peers: number): Table {
  const workers = peers < 3 ? peers : peers - 1;
  const holders = Array.from({ length: workers }, (_, i) => Array.from({ length: 1 + ((workers - i) % 4) }, () => i + 1)).flat();
  const ids = Array.from({ length: peers }, (_, i) => i + 1);
  return { holders, owners: Array.from({ length: Math.max(60, peers) }, (_, i) => 1 + (i % peers)), peers: ids, view: 1 };
}

const inRows = (table: Table, size: number): Table => (size === 0 ? table : { ...table, rows: { size, members: table.peers } });

const worldSizes = [...Array.from({ length: 17 }, (_, i) => i + 1), 24, 32];

/** Directly, and in rows of so many. */
const ways = worldSizes.flatMap((peers) => [0, 2, 5, 32].filter((size) => size < peers).map((size) => [peers, size] as const));

describe.each(ways)("%i peers, rows of %i (0: directly)", (peers, size) => {
  const lengths = [...new Set([0, 1, 2, peers - 1, peers, peers + 1, 1000, ...(size === 0 ? [1_000_003] : [40_003])])];

  test.each(lengths)("AR3 the reduced vector of %i elements is the plain sum and maximum", (length) => {
    const layout = { length, sumLength: Math.max(0, length - 3) };
    const table = inRows(unevenTable(peers), size);
    const reduction = new Reduction(table, layout, seeded(peers + length));
    reduction.settle();
    const expected = plainReduction(table.holders.length, layout);
    for (const { id, exchange } of reduction.peers.values()) {
      expect(exchange.complete, `peer ${id}`).toBe(true);
      expect(sameBits(exchange.vector, expected), `peer ${id}`).toBe(true);
    }
  });
});

test.each([
  { sumLength: 0, what: "maxima only" },
  { sumLength: 700, what: "sums, then maxima within a slice" },
  { sumLength: 1000, what: "sums only" },
])("AR3 $what", ({ sumLength }) => {
  const layout = { length: 1000, sumLength };
  const table = unevenTable(4);
  const reduction = new Reduction(table, layout, seeded(3));
  reduction.settle();
  for (const { exchange } of reduction.peers.values()) expect(exchange.vector).toEqual(plainReduction(table.holders.length, layout));
});

test.each([1, 2, 5, 9])("AR7 %i peers send each slice once to its owner and once from there to everyone", (peers) => {
  const layout = { length: 5000, sumLength: 4990 };
  const table: Table = { ...unevenTable(peers), holders: Array.from({ length: peers }, (_, i) => i + 1) };
  const reduction = new Reduction(table, layout, seeded(peers));
  reduction.settle();
  const counted = new Map<string, number>();
  for (const { from, to, bytes } of reduction.sent) {
    const { kind, index } = decodeFrame(bytes);
    const owner = table.owners[index % table.owners.length];
    expect(kind === frameKinds.contribution ? to : from).toBe(owner);
    const key = `${kind} of slice ${index}, ${from} to ${to}`;
    counted.set(key, (counted.get(key) ?? 0) + 1);
  }
  expect([...counted.values()].filter((times) => times !== 1)).toEqual([]);
  expect(counted.size).toBe(2 * slicesOf(layout.length).length * (peers - 1));
});

test.each([
  [4, 2],
  [9, 3],
  [10, 4],
  [12, 3],
])("AR7 AR11 %i peers in rows of %i: each sends what it has of a slice once, and gets its sum once", (peers, size) => {
  const layout = { length: 5000, sumLength: 4990 };
  const table = inRows({ ...unevenTable(peers), holders: Array.from({ length: peers }, (_, i) => i + 1) }, size);
  const reduction = new Reduction(table, layout, seeded(peers));
  reduction.settle();
  const slices = slicesOf(layout.length).length;
  const sent = reduction.sent.map(({ from, to, bytes }) => ({ from, to, ...decodeFrame(bytes) }));
  for (const kind of [frameKinds.contribution, frameKinds.reduced]) {
    const some = sent.filter((frame) => frame.kind === kind);
    const end = kind === frameKinds.contribution ? "from" : "to";
    expect(new Set(some.map((frame) => `${frame.index}, ${frame[end]}`)).size).toBe(slices * (peers - 1));
    expect(some.length).toBe(slices * (peers - 1));
  }
});

test.each([0, 2, 3])("AR8 what a failed link has lost is sent again, both ways (rows of %i)", (size) => {
  const layout = { length: 2000, sumLength: 2000 };
  const table = inRows({ holders: [1, 2, 2], owners: [1, 2], peers: [1, 2, 3], view: 1 }, size);
  const reduction = new Reduction(table, layout, seeded(5));
  for (let moment = 0; moment < 200; moment++) {
    const more = reduction.turn();
    if (moment % 5 !== 0 && more) continue;
    for (const [a, b] of [[1, 2] as const, [1, 3] as const, [2, 3] as const]) {
      const lost = reduction.flights.filter(({ from, to }) => (from === a && to === b) || (from === b && to === a));
      for (const flight of lost) reduction.flights.splice(reduction.flights.indexOf(flight), 1);
      reduction.peers.get(a)?.exchange.resend(b);
      reduction.peers.get(b)?.exchange.resend(a);
    }
  }
  reduction.settle();
  for (const { exchange } of reduction.peers.values()) expect(exchange.vector).toEqual(plainReduction(3, layout));
});

test.each([0, 999, 1001])("AR9 a contribution of %i instead of 1000 elements is refused", (length) => {
  const reduction = new Reduction(unevenTable(1), { length: 1000, sumLength: 1000 }, seeded(1));
  const exchange = reduction.peers.get(1)?.exchange;
  expect(() => exchange?.contribute([0], new Int32Array(length))).toThrow(`a contribution has 1000 elements, this one has ${length}`);
});

test("AR10 an exchange is complete once, and stays as it is", () => {
  const layout = { length: 1200, sumLength: 1190 };
  const table = unevenTable(3);
  const reduction = new Reduction(table, layout, seeded(8));
  reduction.settle();
  const again = reduction.sent.slice();
  reduction.announce({ ...table, view: 2, owners: [...table.owners].reverse() });
  reduction.settle();
  for (const { to, bytes } of again) reduction.peers.get(to)?.exchange.receive(decodeFrame(bytes));
  for (const { exchange, reducedCalls } of reduction.peers.values()) {
    expect(reducedCalls).toBe(1);
    expect(exchange.vector).toEqual(plainReduction(table.holders.length, layout));
  }
});

test("SE10 an exchange names the slots and the owners that it waits for", () => {
  const table: Table = { holders: [1, 2, 2, 3], owners: [1, 2, 3], peers: [1, 2, 3], view: 1 };
  const { exchange } = new Reduction(table, { length: 2000, sumLength: 2000 }, seeded(1)).peers.get(1) as ReductionPeer;
  expect(exchange.missingSlots()).toEqual([]);
  exchange.replan({ view: 1, owners: [1, 2, 3], receivers: [2, 3] });
  expect(exchange.missingSlots()).toEqual([0, 1, 2, 3]);
  exchange.contribute([0], new Int32Array(2000));
  expect(exchange.missingSlots()).toEqual([1, 2, 3]);
  expect(exchange.missingOwners()).toEqual([2, 3]);
});

test("AR12 a total is believed only from where it is to come from; after a repair whoever has it may tell it", () => {
  const told: number[] = [];
  const exchange = new RoundExchange({
    run: 1,
    self: 1,
    round: 0,
    slots: 3,
    layout: { length: 1000, sumLength: 1000 },
    send: () => undefined,
    onReduced: () => told.push(exchange.vector[0] as number),
  });
  const total = (sender: number, index: number, value: number): Frame => ({
    run: 1,
    view: 1,
    round: 0,
    kind: frameKinds.reduced,
    index,
    sender,
    coverage: new Uint32Array(0),
    elements: new Int32Array(index === 0 ? 512 : 488).fill(value),
  });
  exchange.receive(total(3, 0, 66)); // before the plan is known
  exchange.replan({ view: 1, owners: [2, 3], receivers: [2, 3], intact: true });
  exchange.receive(total(3, 0, 66));
  exchange.receive(total(3, 1, 7));
  expect(exchange.missingOwners()).toEqual([2]);
  exchange.replan({ view: 2, owners: [1, 3], receivers: [3] }); // peer 2 is lost, and peer 3 had heard its total
  expect(told).toEqual([66]);
});
