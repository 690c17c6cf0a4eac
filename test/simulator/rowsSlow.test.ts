import { expect, test } from "vitest";
import { noFaults } from "./faults.ts";
import { portOf } from "./network.ts";
import type { Seat } from "./seat.ts";
import { type Outcome, type PlannedFault, simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";
import { standIns } from "./standInReplica.ts";

/** More than 32 peers, on two levels. 128 KB in 64 slices: a second over a slow line, each way. */
const ELEMENTS = 32 * 1024;

/** 1 Mb/s, 100 ms; 20 Mb/s, 10 ms; 1 Gb/s. */
const SLOW = { bytesPerMs: 125, latencyMs: 100 };
const HOME = { bytesPerMs: 2500, latencyMs: 10 };
const GOOD = { bytesPerMs: 125_000, latencyMs: 0 };

/** As fast as the stand-in's self-test says: 20 images in 100 ms. */
const [SLOT_MS, MICRO_BATCH] = [100, 20];

/** Rounds of which it is told how long they take, once the lines are spared. */
const LAST = 10;

interface Scene {
  readonly peers: number;
  readonly slots?: number;
  readonly elements?: number;
  readonly steps: number;
  readonly lines?: typeof GOOD;
  readonly fault?: PlannedFault;
}

/** Two slots for each peer, also when one of them is missing. */
const slotsOf = (peers: number): number => 2 * (peers - 1);

function run({
  peers,
  slots = slotsOf(peers),
  elements = ELEMENTS,
  steps,
  lines = GOOD,
  fault = () => undefined,
}: Scene): Promise<Outcome> {
  const begin: PlannedFault = (swarm) => {
    swarm.slotMs = () => SLOT_MS;
    for (const seat of swarm.seats) Object.assign(seat, lines);
    fault(swarm);
  };
  const kit = standIns({ train: { length: elements, sumLength: 0 }, evaluate: { length: 3, sumLength: 3 } });
  const dataset = { ...simulatedConfig().dataset, trainRecords: 10 * slots * MICRO_BATCH };
  const config = simulatedConfig({ slots, microBatch: MICRO_BATCH, steps, evaluate: false, dataset });
  return simulate({ config, seed: 3, peers, faults: noFaults, minPeers: peers, auditShare: 0, kit, at: new Map([[0, begin]]) });
}

/** Everyone comes at once: the seats are in the order of their coming. */
const slowPeer =
  (seat: number): PlannedFault =>
  (swarm) => {
    Object.assign(swarm.seats[seat] as Seat, SLOW);
  };

const slowPair =
  (...seats: readonly [number, number]): PlannedFault =>
  (swarm) => {
    const port = { ...portOf(SLOW.bytesPerMs), latencyMs: SLOW.latencyMs / 2 };
    const ends = new Set(seats.map((seat) => swarm.seats[seat]?.peer.name));
    swarm.between = (from, to) => (ends.has(from.peer.name) && ends.has(to.peer.name) ? [port] : []);
  };

const stepMs = ({ doneAt }: Outcome, steps: number): number =>
  ((doneAt.get(steps - 1) as number) - (doneAt.get(steps - 1 - LAST) as number)) / LAST;

function expectNobodyBlamed({ reasons, honest, membership }: Outcome): void {
  expect(reasons.filter((reason) => /lost|silent for|refused|is late|has to join/.test(reason))).toEqual([]);
  expect(honest.filter((sentence) => !/falls back further, its line being too slow/.test(sentence))).toEqual([]); // to rest is no blame
  expect(membership.audits.strikes.size).toBe(0);
}

async function expectBitsOfOne(
  { hashes, hash }: Outcome,
  [peers, , steps, elements]: readonly [number, number, number, number],
): Promise<void> {
  expect(hashes.size).toBe(steps);
  expect(hash).toBe((await run({ peers: 1, slots: slotsOf(peers), steps, elements })).hash);
}

const PATIENCE = { timeout: 300_000 };

test.each([
  ["an aggregator of a full row", 40, 5, 24, ELEMENTS],
  ["a member that brings nothing together, for 20 slices", 40, 30, 64, 20 * 512],
  ["one of few, who stand in for many columns", 40, 36, 24, ELEMENTS],
  ["of two full rows", 64, 40, 24, ELEMENTS],
  ["and rests in the end", 40, 7, 64, ELEMENTS],
])("LI8 LI4 one of many peers on two levels has a line of 1 Mb/s, %s (%i peers, seat %i): it follows", PATIENCE, async (_, ...scene) => {
  const [peers, seat, steps, elements] = scene;
  const outcome = await run({ peers, steps, elements, fault: slowPeer(seat) });
  const said = outcome.reasons.join("\n");
  const name = `P${seat + 1} \\(peer ${seat + 1}\\)`;
  expect(said).toMatch(new RegExp(`${name} has a slow line: .* when it follows as an observer`));
  expect(outcome.reasons.filter((reason) => /slow/.test(reason) && !new RegExp(`ms: ${name} `).test(reason))).toEqual([]);
  if (elements === ELEMENTS && steps > 24) expect(said).toMatch(new RegExp(`${name} is \\d+ rounds behind and falls back further`));
  expect((slotsOf(peers) * SLOT_MS) / (peers - 1) / stepMs(outcome, steps)).toBeGreaterThanOrEqual(0.8);
  expectNobodyBlamed(outcome);
  await expectBitsOfOne(outcome, scene);
});

test.each([
  ["within a row", 40, 2, 5],
  ["of a column, from an aggregator to an owner", 40, 1, 33],
  ["of a column of two full rows", 64, 9, 41],
])("LI8 a line of 1 Mb/s %s (%i peers, seats %i and %i): neither end has a seat", PATIENCE, async (_, peers, a, b) => {
  const steps = 48;
  const outcome = await run({ peers, steps, fault: slowPair(a, b) });
  const said = outcome.reasons.join("\n");
  const ends = [a + 1, b + 1].map((id) => `P${id} \\(peer ${id}\\)`);
  expect(said).toMatch(
    new RegExp(`the line between (${ends.join(" and ")}|${ends.reverse().join(" and ")}) is slow: .* when neither has a seat`),
  );
  expect(said.match(/slow/g)).toHaveLength(1);
  expect(outcome.membership.views.at(-1)?.seats).not.toContain(a + 1);
  expect(outcome.membership.views.at(-1)?.seats).not.toContain(b + 1);
  expect(outcome.membership.views.at(-1)?.members).toHaveLength(peers);
  expect((slotsOf(peers) * SLOT_MS) / peers / stepMs(outcome, steps)).toBeGreaterThanOrEqual(0.8);
  expectNobodyBlamed(outcome);
  await expectBitsOfOne(outcome, [peers, a, steps, ELEMENTS]);
});

test.each([
  ["good", 33, GOOD],
  ["alike, of 20 Mb/s", 40, HOME],
  ["alike, of 1 Mb/s", 37, SLOW],
])("LI8 lines that are %s (%i peers) are nobody's", PATIENCE, async (_, peers, lines) => {
  const outcome = await run({ peers, steps: 12, lines });
  expect(outcome.reasons.filter((reason) => /slow/.test(reason))).toEqual([]);
  expectNobodyBlamed(outcome);
});
