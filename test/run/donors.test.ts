import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseDonors, MAX_OBSERVERS_OF_A_DONOR } from "../../coordinator/run/donors.ts";
import type { PeerState } from "../../coordinator/run/membership.ts";
import { announced, begun, hashOf, sent, texts } from "./membershipScene.ts";

const quick = { leaseMs: 1 };

const peer = (id: number, imagesPerSecond: number): PeerState => ({ id, imagesPerSecond }) as PeerState;
const waiting = (id: number, donors: number[]) => ({ peer: id, donors, stateOfRound: 3 });

describe("who gives a newcomer the state", () => {
  test.each([
    { what: "the fastest four", speeds: [10, 50, 30, 20, 40], busy: [], donors: [2, 5, 3, 4] },
    { what: "of equals the lowest numbers", speeds: [7, 7, 7, 7, 7, 7], busy: [], donors: [1, 2, 3, 4] },
    { what: "those with less to send before faster ones", speeds: [90, 10, 10], busy: [[1], [1, 2]], donors: [3, 2, 1] },
    { what: "nobody with as much to send as may be", speeds: [90, 10], busy: [[1], [1], [1], [1]], donors: [2] },
    { what: "nobody, if all have", speeds: [5], busy: [[1], [1], [1], [1]], donors: [] },
  ])("ST7 $what", ({ speeds, busy, donors }) => {
    const candidates = speeds.map((speed, i) => peer(i + 1, speed));
    const observers = busy.map((of, i) => waiting(100 + i, of));
    expect(chooseDonors(candidates, observers, MAX_OBSERVERS_OF_A_DONOR).donors).toEqual(donors);
  });

  test("ST7 the reason says how many have to do how much", () => {
    const candidates = [peer(1, 5), peer(2, 9)];
    const choose = (most: number) => chooseDonors(candidates, [waiting(7, [1]), waiting(8, [1, 2])], most).reason;
    expect(choose(4)).toBe("all 2 peers that have it; 2 of them give it to others too");
    expect(choose(1)).toBe("all 2 peers give their state to 1 others already");
  });

  test("ST7 in a storm nobody has more than four observers, and everyone who has none left gets on", () => {
    const sizes = fc.record({ members: fc.integer({ min: 1, max: 8 }), newcomers: fc.integer({ min: 1, max: 50 }) });
    const property = ({ members, newcomers }: { members: number; newcomers: number }) => {
      const scene = begun(members, quick);
      const ids = Array.from({ length: newcomers }, (_, i) => scene.enter(`N${i}`));
      const loads = () => {
        const last = scene.state.views.at(-1)?.observers ?? [];
        const open = last.filter(({ peer: id }) => scene.state.peers.get(id)?.round === undefined);
        return scene.at("member").map((id) => open.filter(({ donors }) => donors.includes(id)).length);
      };
      for (let turn = 0; turn < 60 && scene.at("observer").length > 0; turn++) {
        const { observers = [] } = scene.state.views.at(-1) ?? {};
        for (const { peer: id, stateOfRound } of observers) if (scene.stage(id) === "observer") scene.lose(id, `left at ${stateOfRound}`);
        scene.apply({ type: "tick" });
        expect(Math.max(...loads())).toBeLessThanOrEqual(MAX_OBSERVERS_OF_A_DONOR);
        if (scene.at("linking").length > 0) expect(Math.min(...loads())).toBe(MAX_OBSERVERS_OF_A_DONOR);
      }
      expect(ids.filter((id) => scene.state.peers.has(id))).toEqual([]);
    };
    fc.assert(fc.property(sizes, property), { numRuns: 20 });
  });
});

describe("what the state has to be", () => {
  test("ST4 those who wait hear the journalled hash as soon as the round before is committed", () => {
    const scene = begun(2, quick);
    const id = scene.enter("Owl");
    expect(scene.state.views.at(-1)?.observers).toMatchObject([{ peer: id, stateOfRound: 3 }]);
    scene.membersDo(1);
    const decision = scene.done(1, 2);
    expect(sent(decision, "stateHash")).toEqual([{ to: [id], message: { type: "stateHash", round: 3, hash: hashOf(2) } }]);
    expect(sent(scene.done(2, 2), "stateHash")).toEqual([]);
  });

  test("ST4 who has its state hears no more hashes", () => {
    const scene = begun(1, quick);
    const id = scene.enter("Owl");
    scene.membersDo(5);
    scene.done(id, 3);
    expect(sent(scene.done(1, 6), "stateHash")).toEqual([]);
  });

  test("ST4 those who begin with another's state hear its hash at once, even of a checkpoint's age", () => {
    const scene = begun(1);
    scene.apply({ type: "saved", round: 2 });
    for (let round = 0; round < 13; round++) scene.done(1, round);
    expect(scene.state.hashes.get(1)).toBe(hashOf(1));
  });
});

describe("a state that cannot be had", () => {
  test("ST6 the observer gets a later one from those whom it trusts", () => {
    const scene = begun(3, quick);
    const id = scene.enter("Owl");
    scene.membersDo(4);
    scene.apply({ type: "complain", peer: id, about: 2, why: "a wrong chunk" });
    const decision = scene.apply({ type: "stateLost", peer: id, round: 3, why: "peer 2 was refused" });
    const stateOfRound = scene.state.permitted + 1;
    expect(announced(decision).at(-1)?.observers).toEqual([{ peer: id, donors: [1, 3], stateOfRound }]);
    expect(texts(decision)[0]).toBe(`Owl (peer ${id}) did not get the state of round 3: peer 2 was refused`);
  });

  test("ST6 what it says of another round than the agreed one is old", () => {
    const scene = begun(2, quick);
    const id = scene.enter("Owl");
    expect(scene.apply({ type: "stateLost", peer: id, round: 2, why: "late" }).effects).toEqual([]);
  });

  test("ST6 without anyone whom it trusts, it has to join again", () => {
    const scene = begun(3, quick);
    const id = scene.enter("Owl");
    for (const about of [1, 2, 3]) scene.apply({ type: "complain", peer: id, about, why: "a wrong chunk" });
    const decision = scene.apply({ type: "stateLost", peer: id, round: 3, why: "peer 3 was refused" });
    const sentence = `Owl (peer ${id}) did not get the state of round 3 and has to join again`;
    expect(decision.effects).toEqual([{ type: "drop", peer: id, sentence }]);
  });

  test("ST6 chunks that come in are progress; without any, an observer is dropped after 30 s", () => {
    const scene = begun(1, { ...quick, silenceMs: 1e12 });
    const id = scene.enter("Owl");
    scene.membersDo(5);
    for (let chunks = 0; chunks < 5; chunks++) {
      scene.now += 20_000;
      scene.apply({ type: "heartbeat", peer: id, hidden: false, waitingFor: "the state", chunks });
      expect(scene.apply({ type: "tick" }).effects).toEqual([]);
    }
    for (const passed of [29_000, 2000]) {
      scene.now += passed;
      scene.apply({ type: "heartbeat", peer: id, hidden: false, waitingFor: "the state", chunks: 4 });
    }
    expect(scene.apply({ type: "tick" }).effects).toMatchObject([{ type: "drop", peer: id }]);
  });
});
