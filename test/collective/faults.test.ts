import fc from "fast-check";
import { expect, test } from "vitest";
import { coverageOf, slotsIn } from "../../worker/collective/coverage.ts";
import { type Frame, frameKinds } from "../../worker/collective/frame.ts";
import { RoundExchange } from "../../worker/collective/roundExchange.ts";
import type { Row } from "../../worker/collective/topology.ts";
import { combine, plainReduction, type Random, sameBits, seeded } from "./numbers.ts";
import { Reduction, type Table } from "./reduction.ts";

interface Scene {
  readonly peers: number;
  readonly observers: number;
  readonly slots: number;
  readonly length: number;
  readonly maxima: number;
  readonly seed: number;
  /** Seats in a row; 0: directly. */
  readonly rowSize: number;
}

const scenes = fc.record<Scene>({
  peers: fc.integer({ min: 1, max: 9 }),
  observers: fc.integer({ min: 0, max: 2 }),
  slots: fc.integer({ min: 1, max: 40 }),
  length: fc.integer({ min: 0, max: 2500 }),
  maxima: fc.integer({ min: 0, max: 20 }),
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
  rowSize: fc.constantFrom(0, 2, 3, 4),
});

function create({ peers, observers, slots, length, maxima, seed, rowSize }: Scene): { reduction: Reduction; table: Table; random: Random } {
  const random = seeded(seed);
  const table: Table = {
    holders: Array.from({ length: slots }, () => 1 + random(peers)),
    owners: Array.from({ length: 1 + random(2 * peers) }, () => 1 + random(peers)),
    peers: Array.from({ length: peers + observers }, (_, i) => i + 1),
    view: 1,
    ...(rowSize === 0 ? {} : { rows: { size: rowSize, members: Array.from({ length: peers }, (_, i) => i + 1) } }),
  };
  return { reduction: new Reduction(table, { length, sumLength: Math.max(0, length - maxima) }, random), table, random };
}

function expectExact(reduction: Reduction): void {
  const expected = plainReduction(reduction.slots, reduction.layout);
  for (const { id, exchange, reducedCalls } of reduction.alive()) {
    expect(exchange.complete, `peer ${id} waits for slots ${exchange.missingSlots()}, owners ${exchange.missingOwners()}`).toBe(true);
    expect(sameBits(exchange.vector, expected), `peer ${id}`).toBe(true);
    expect(reducedCalls).toBe(reduction.layout.length === 0 ? 0 : 1);
  }
}

test("AR4 frames that are reordered, duplicated and sent again change nothing", () => {
  const run = (scene: Scene) => {
    const { reduction, table, random } = create(scene);
    while (reduction.turn(30)) {
      if (random(20) > 0) continue;
      const [a, b] = [1 + random(table.peers.length), 1 + random(table.peers.length)];
      if (a !== b) reduction.peers.get(a)?.exchange.resend(b);
    }
    expectExact(reduction);
  };
  fc.assert(fc.property(scenes, run), { numRuns: 150 });
});

/** The next plan without `lost`: its slots and slices go to anyone, all others keep theirs. */
function without(table: Table, lost: number, members: readonly number[], random: Random): Table {
  const move = (holder: number): number => (holder === lost ? members[random(members.length)] : holder);
  return {
    ...table,
    holders: table.holders.map(move),
    owners: table.owners.map(move),
    peers: table.peers.filter((peer) => peer !== lost),
    view: table.view + 1,
    ...(table.rows === undefined ? {} : { rows: { size: table.rows.size, members } }),
  };
}

test("AR5 peers are lost at any moment, one after another: those who are left end with the same vector", () => {
  const run = (scene: Scene) => {
    const { reduction, table, random } = create(scene);
    let current = table;
    const patience = 1 + random(60);
    for (let moment = 0; reduction.turn(10) || moment < patience; moment++) {
      if (random(patience) > 0) continue;
      const members = current.peers.filter((peer) => peer <= scene.peers);
      const lost = current.peers[random(current.peers.length)];
      const left = members.filter((peer) => peer !== lost);
      if (left.length === 0) continue;
      reduction.lose(lost);
      current = without(current, lost, left, random);
      reduction.announce(current);
    }
    reduction.settle();
    expectExact(reduction);
  };
  fc.assert(fc.property(scenes, run), { numRuns: 600 });
});

/** The next plan in which one more has no seat: its slots are its own still, and the slices that it owned are others'. */
function unseat(table: Table, peer: number, random: Random): Table {
  const { size, members, unseated = [] } = table.rows as NonNullable<Table["rows"]>;
  const left = [...unseated, peer];
  const seated = members.filter((member) => !left.includes(member));
  const owners = table.owners.map((owner) => (owner === peer ? seated[random(seated.length)] : owner));
  return { ...table, owners, view: table.view + 1, rows: { size, members, unseated: left } };
}

test("AR5 AR11 peers lose their seats at any moment: what they had brought together goes on without them, and their own with them", () => {
  const run = (scene: Scene) => {
    const { reduction, table, random } = create({ ...scene, rowSize: scene.rowSize || 3 });
    let current = table;
    const patience = 1 + random(60);
    for (let moment = 0; reduction.turn(10) || moment < patience; moment++) {
      const { members = [], unseated = [] } = current.rows ?? {};
      const seated = members.filter((peer) => !unseated.includes(peer));
      if (random(patience) > 0 || seated.length < 2) continue;
      current = unseat(current, seated[random(seated.length)], random);
      reduction.announce(current);
    }
    reduction.settle();
    expectExact(reduction);
  };
  fc.assert(fc.property(scenes, run), { numRuns: 600 });
});

// It brought its row together and sent that to the owner; its own contribution has to go the same way, to the same peer, as it is.
test("AR11 an aggregator that loses its seat sends the owner what it contributed itself", () => {
  const layout = { length: 10, sumLength: 10 };
  const sent: { readonly to: number; readonly slots: number[] }[] = [];
  const send = (peers: readonly number[], { coverage }: Frame) => sent.push(...peers.map((to) => ({ to, slots: slotsIn(coverage, 3) })));
  const exchange = new RoundExchange({ run: 1, self: 1, round: 0, slots: 3, layout, send, onReduced: () => undefined });
  const row = (peers: readonly number[], slots: readonly number[]): Row => ({
    peers,
    aggregators: [peers[0]],
    slots: coverageOf(3, slots),
  });
  const plan = { owners: [3], receivers: [2, 3] };
  exchange.replan({ ...plan, view: 1, rows: [row([1, 2], [0, 1]), row([3], [2])] });
  exchange.contribute([0], combine([0], layout)); // waits for slot 1 of its row
  expect(sent).toEqual([]);
  exchange.replan({ ...plan, view: 2, rows: [row([2], [1]), row([3], [2])] });
  expect(sent).toEqual([{ to: 3, slots: [0] }]);
});

// It has what the new owner needs, and gives it neither the slice nor the slots that it computes afterwards: all others wait for ever.
test("AR5 a slice that a lost owner had still sent reaches the new owner through whoever got it", () => {
  const layout = { length: 10, sumLength: 10 };
  const sent: { readonly to: number; readonly kind: number }[] = [];
  const send = (peers: readonly number[], { kind }: Frame) => sent.push(...peers.map((to) => ({ to, kind })));
  const exchange = new RoundExchange({ run: 1, self: 1, round: 0, slots: 2, layout, send, onReduced: () => undefined });
  exchange.replan({ view: 1, owners: [3], receivers: [2, 3] });
  exchange.contribute([0], combine([0], layout));
  exchange.replan({ view: 2, owners: [2], receivers: [2] }); // peer 3 is lost; its slot 1 is this peer's
  expect(sent).toEqual([
    { to: 3, kind: frameKinds.contribution },
    { to: 2, kind: frameKinds.contribution },
  ]);
  const late = { run: 1, view: 1, round: 0, index: 0, sender: 3, coverage: new Uint32Array(0), elements: plainReduction(2, layout) };
  exchange.receive({ ...late, kind: frameKinds.reduced });
  exchange.contribute([1], combine([1], layout));
  expect(sent.slice(2).map(({ to }) => to)).toContain(2);
});

test("AR5 an owner is lost at every moment of a round of three", () => {
  const layout = { length: 1500, sumLength: 1490 };
  const table: Table = { holders: [1, 2, 2, 3, 3], owners: [1, 2, 3], peers: [1, 2, 3, 4], view: 1 };
  for (let moment = 0; moment < 40; moment++) {
    for (const lost of [1, 2, 3]) {
      const random = seeded(100 * moment + lost);
      const reduction = new Reduction(table, layout, random);
      for (let i = 0; i < moment; i++) reduction.turn();
      reduction.lose(lost);
      const left = [1, 2, 3].filter((peer) => peer !== lost);
      reduction.announce(without(table, lost, left, random));
      reduction.settle();
      expectExact(reduction);
    }
  }
});
