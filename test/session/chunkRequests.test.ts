import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assignChunks, type DonorRecord, findStalled, REQUEST_WINDOW } from "../../worker/session/chunkRequests.ts";
import { agreeOn } from "../../worker/session/stateManifest.ts";

const donor = (peer: number, changes: Partial<DonorRecord> = {}): DonorRecord => ({
  peer,
  asked: new Map(),
  answerMs: undefined,
  stalled: false,
  ...changes,
});

const underWay = (count: number, since = 0): Map<number, number> => new Map(Array.from({ length: count }, (_, i) => [1000 + i, since + i]));

describe("who is asked for what", () => {
  test.each([
    {
      what: "two donors share",
      donors: [donor(1), donor(2)],
      chunks: [0, 1, 2],
      asked: [
        [1, [0, 2]],
        [2, [1]],
      ],
    },
    {
      what: "who has answered gets more",
      donors: [donor(1, { asked: underWay(3) }), donor(2)],
      chunks: [5, 6, 7],
      asked: [[2, [5, 6, 7]]],
    },
    { what: "nobody beyond the window", donors: [donor(1, { asked: underWay(REQUEST_WINDOW) })], chunks: [5], asked: [] },
    { what: "not one that is stalled", donors: [donor(1, { stalled: true }), donor(2)], chunks: [5], asked: [[2, [5]]] },
    { what: "one that is stalled, if all are", donors: [donor(1, { stalled: true })], chunks: [5], asked: [[1, [5]]] },
    { what: "nobody, if there is none", donors: [], chunks: [5], asked: [] },
  ])("ST2 $what", ({ donors, chunks, asked }) => {
    expect([...assignChunks(chunks, donors)]).toEqual(asked);
  });

  const scenes = fc.record({
    chunks: fc.uniqueArray(fc.nat(500), { maxLength: 40 }),
    donors: fc.uniqueArray(fc.record({ peer: fc.integer({ min: 1, max: 9 }), busy: fc.nat(REQUEST_WINDOW), stalled: fc.boolean() }), {
      maxLength: 5,
      selector: ({ peer }) => peer,
    }),
  });

  test("ST2 each chunk goes to one donor, in order, within the window, and as many as there are places for", () => {
    const property = ({ chunks, donors }: { chunks: number[]; donors: { peer: number; busy: number; stalled: boolean }[] }) => {
      const records = donors.map(({ peer, busy, stalled }) => donor(peer, { asked: underWay(busy), stalled }));
      const asked = assignChunks(chunks, records);
      const able = donors.some(({ stalled }) => !stalled) ? donors.filter(({ stalled }) => !stalled) : donors;
      const places = able.reduce((sum, { busy }) => sum + REQUEST_WINDOW - busy, 0);
      expect([...asked.values()].flat().sort((a, b) => chunks.indexOf(a) - chunks.indexOf(b))).toEqual(chunks.slice(0, places));
      for (const [peer, mine] of asked) {
        const { busy } = able.find((one) => one.peer === peer) as { busy: number };
        expect(mine.length + busy).toBeLessThanOrEqual(REQUEST_WINDOW);
        expect(mine).toEqual(chunks.filter((chunk) => mine.includes(chunk)));
      }
    };
    fc.assert(fc.property(scenes, property));
  });
});

describe("who is too slow", () => {
  const asking = (peer: number, answerMs?: number, stalled = false) => donor(peer, { asked: underWay(2, 1000), answerMs, stalled });

  test.each([
    { what: "nobody within the least patience", donors: [asking(1), asking(2, 10)], now: 2500, stalled: [] },
    {
      what: "who takes four times as long as others usually do",
      donors: [asking(1), donor(2, { answerMs: 500 })],
      now: 3001,
      stalled: [1],
    },
    { what: "nobody, if all are slow", donors: [asking(1, 2000), asking(2, 2000)], now: 8999, stalled: [] },
    { what: "everyone after the most patience", donors: [asking(1, 9000), asking(2, 9000)], now: 11_001, stalled: [1, 2] },
    { what: "a single one after the most patience only", donors: [asking(1, 5)], now: 11_000, stalled: [] },
    { what: "not who has nothing to send", donors: [donor(1, { answerMs: 1 }), donor(2)], now: 1e6, stalled: [] },
    { what: "those who are stalled are no measure", donors: [asking(1), donor(2, { answerMs: 1, stalled: true })], now: 5000, stalled: [] },
  ])("ST3 $what", ({ donors, now, stalled }) => {
    expect(findStalled(donors, now).map(({ peer }) => peer)).toEqual(stalled);
  });

  test("ST3 the reason compares it with the others", () => {
    const donors = [asking(1), donor(2, { answerMs: 600 }), donor(3, { answerMs: 20 }), donor(4, { answerMs: 400 })];
    expect(findStalled(donors, 3000).map(({ reason }) => reason)).toEqual([
      "peer 1 has not sent a chunk for 2000 ms, at most 1600 are right: others usually take 400 ms",
    ]);
    expect(findStalled([asking(1)], 12_000)[0]?.reason).toBe(
      "peer 1 has not sent a chunk for 11000 ms, at most 10000 are right: no other donor to compare it with",
    );
  });
});

describe("which manifest counts", () => {
  const manifest = (...hashes: number[]) => BigUint64Array.from(hashes, BigInt);
  const [a, b] = [manifest(1, 2), manifest(1, 3)];

  test.each([
    { what: "none of none", sent: [], holders: undefined, others: undefined },
    { what: "the only one, until the whole decides", sent: [[4, a]], holders: [4], others: [] },
    {
      what: "the first of two that differ",
      sent: [
        [4, b],
        [2, a],
      ],
      holders: [4],
      others: [2],
    },
    {
      what: "that of the majority",
      sent: [
        [4, b],
        [2, a],
        [3, manifest(1, 2)],
      ],
      holders: [2, 3],
      others: [4],
    },
    {
      what: "the first of two against two",
      sent: [
        [4, b],
        [2, a],
        [1, manifest(1, 3)],
        [3, a],
      ],
      holders: [4, 1],
      others: [2, 3],
    },
    {
      what: "of another length is another",
      sent: [
        [4, manifest(1)],
        [2, a],
      ],
      holders: [4],
      others: [2],
    },
  ] as const)("ST4 $what", ({ sent, holders, others }) => {
    const agreement = agreeOn(new Map(sent));
    expect([agreement?.holders, agreement?.others]).toEqual([holders, others]);
  });

  test("ST4 the reason names those who agree", () => {
    const sent = new Map([
      [4, b],
      [2, a],
      [3, a],
    ]);
    expect(agreeOn(sent)?.reason).toBe("2 of 3 donors that have sent a manifest (peers 2, 3) agree");
    expect(agreeOn(new Map([[4, b]]))?.reason).toBe(
      "1 of 1 donors that have sent a manifest (peers 4) until the hash of the whole decides",
    );
  });
});
