import { expect, test } from "vitest";
import type { Awaits } from "../../coordinator/protocol/messages.ts";
import type { PeerId } from "../../coordinator/protocol/view.ts";
import { type PeerState, type Wait, withPeer } from "../../coordinator/run/membership.ts";
import { judgeLines } from "../../coordinator/run/slowLine.ts";
import { begun, type Coordination, sent, texts } from "./membershipScene.ts";

const nobody: Awaits = { contributions: [], sums: [], slices: [], arrived: 0 };

/** So many seconds in which everyone has computed the round in progress, and waits as `awaits` says. */
function wait(scene: Coordination, seconds: number, awaits: (peer: PeerId) => Awaits): void {
  for (let second = 0; second < seconds; second++) {
    scene.now += 1000;
    const round = scene.state.committed;
    for (const peer of scene.at("member")) scene.apply({ type: "computed", peer, round });
    for (const peer of scene.at("member"))
      scene.apply({ type: "heartbeat", peer, hidden: false, waitingFor: "", round, awaits: awaits(peer) });
  }
}

/** Four peers that have done two rounds of so long. */
function fourPeers(roundMs: number): Coordination {
  const scene = begun(4);
  for (let round = 0; round < 2; round++) {
    scene.now += roundMs;
    scene.membersDo(round);
  }
  return scene;
}

const beat = (peer: PeerId, round: number, awaits: Partial<Awaits>) =>
  ({ type: "heartbeat", peer, hidden: false, waitingFor: "", round, awaits: { ...nobody, ...awaits } }) as const;

const waitsForFour = (peer: PeerId): Awaits => ({ contributions: peer === 4 ? [1, 2, 3] : [4], sums: [], slices: [], arrived: 0 });

test("LI1 whose line all others wait for follows as an observer, and the reason says what that saves", () => {
  const scene = fourPeers(3000);
  wait(scene, 4, waitsForFour);
  scene.now -= 4000; // the round itself is not late
  expect(texts(scene.apply({ type: "tick" }))).toEqual([]);
  wait(scene, 1, waitsForFour);
  scene.now -= 1000;
  const decision = scene.apply({ type: "tick" });
  expect(texts(decision)[0]).toMatch(
    /^Elk \(peer 4\) has a slow line: everyone had computed and waited for it in 100 % of the time; a round takes about \d+ ms instead of 3000 when it follows as an observer$/,
  );
  expect(scene.at("member")).toEqual([1, 2, 3]);
  expect(scene.state.views.at(-1)?.observers.map(({ peer }) => peer)).toEqual([4]);
});

test("LI2 between two whose line is slow nothing goes any more: neither owns slices, both go on computing", () => {
  const scene = fourPeers(3000);
  const ends = new Map([
    [1, 4],
    [4, 1],
  ]);
  const awaits = (peer: PeerId): Awaits => ({
    sums: [],
    contributions: [ends.get(peer) ?? []].flat(),
    slices: ends.has(peer) ? [] : [1, 4],
    arrived: 0,
  });
  wait(scene, 6, awaits);
  scene.now -= 6000;
  const decision = scene.apply({ type: "tick" });
  expect(texts(decision)[0]).toMatch(/^the line between Kite \(peer 1\) and Elk \(peer 4\) is slow: .* when neither owns slices$/);
  expect(scene.at("member")).toEqual([1, 2, 3, 4]);
  expect(new Set(scene.state.views.at(-1)?.owners)).toEqual(new Set([2, 3]));
  expect(new Set(scene.state.views.at(-1)?.slotHolders)).toEqual(new Set([1, 2, 3, 4]));
});

test("LI3 a line that is waited for less than the others would compute longer costs its peer its slices, not its part", () => {
  const scene = fourPeers(130); // of which 25 ms are computing; without the fastest, 107 ms
  for (const [id, imagesPerSecond] of [100, 100, 100, 1000].entries()) scene.state = withPeer(scene.state, id + 1, { imagesPerSecond });
  let turn = 0;
  wait(scene, 12, (peer) => (turn++ % 9 < 6 ? waitsForFour(peer) : nobody));
  scene.now -= 12_000;
  expect(texts(scene.apply({ type: "tick" }))[0]).toMatch(/^Elk \(peer 4\) has a slow line: .* when it owns no slices$/);
  expect(scene.at("member")).toEqual([1, 2, 3, 4]);
  expect(new Set(scene.state.views.at(-1)?.owners)).toEqual(new Set([1, 2, 3]));
});

test("LI1 while somebody computes nobody waits for a line", () => {
  const scene = fourPeers(3000);
  for (let second = 0; second < 12; second++) {
    for (const peer of [1, 2, 3])
      scene.apply({
        type: "heartbeat",
        peer,
        hidden: false,
        waitingFor: "",
        round: 2,
        awaits: { contributions: [4], sums: [], slices: [], arrived: 0 },
      });
    scene.apply({ type: "heartbeat", peer: 4, hidden: false, waitingFor: "", round: 2 });
  }
  expect(texts(scene.apply({ type: "tick" }))).toEqual([]);
  expect(scene.state.peers.get(1)?.waits.every(({ lines }) => lines.length === 0)).toBe(true);
});

/** So many seconds of a round that peer 4 cannot begin: it waits for slices of the one before, and the others for its contribution. */
function holdUp(scene: Coordination, seconds: number, slices: PeerId[]): void {
  const round = scene.state.committed;
  for (const peer of [1, 2, 3, 4]) scene.apply({ type: "computed", peer, round });
  for (const peer of [1, 2, 3]) scene.done(peer, round);
  for (let second = 0; second < seconds; second++) {
    scene.now += 1000;
    for (const peer of [1, 2, 3]) scene.apply({ type: "computed", peer, round: round + 1 });
    scene.apply(beat(4, round, { slices }));
    for (const peer of [1, 2, 3]) scene.apply(beat(peer, round + 1, { contributions: [4] }));
  }
  scene.now -= 1000 * seconds; // the round itself is not late
}

test("LI1 who has not begun the round because its line still carries the one before does not compute: it is waited for", () => {
  const scene = fourPeers(3000);
  holdUp(scene, 5, [1, 2, 3]);
  expect(texts(scene.apply({ type: "tick" }))[0]).toMatch(/^Elk \(peer 4\) has a slow line: .* follows as an observer$/);
});

test("LI2 who waits for a contribution of one who is held up waits for the line that holds it up", () => {
  const scene = fourPeers(3000);
  holdUp(scene, 6, [1]);
  expect(texts(scene.apply({ type: "tick" }))[0]).toMatch(/^the line between Kite \(peer 1\) and Elk \(peer 4\) is slow/);
});

test("LI1 of two peers neither is told to be the slow one", () => {
  const scene = begun(2);
  scene.now += 3000;
  scene.membersDo(0);
  wait(scene, 12, (peer) => ({ contributions: [peer === 1 ? 2 : 1], sums: [], slices: [], arrived: 0 }));
  scene.now -= 12_000;
  expect(texts(scene.apply({ type: "tick" }))).toEqual([]);
});

test("LI1 lines that are all alike are nobody's", () => {
  const scene = fourPeers(3000);
  wait(scene, 12, (peer) => ({ contributions: [1, 2, 3, 4].filter((other) => other !== peer), sums: [], slices: [], arrived: 0 }));
  scene.now -= 12_000;
  expect(texts(scene.apply({ type: "tick" }))).toEqual([]);
});

test("LI4 an observer that falls back further and further rests, is told so when it comes back, and is asked again", () => {
  const scene = begun(2, {}, { steps: 200 });
  scene.state = { ...scene.state, peers: new Map(scene.state.peers).set(2, { ...scene.state.peers.get(2), stage: "observer" } as never) };
  const pass = (rounds: number) => {
    for (let i = 0; i < rounds; i++) scene.done(1, scene.state.committed);
    scene.now += 5000;
    for (const peer of [1, 2]) scene.apply({ type: "heartbeat", peer, hidden: false, waitingFor: "" });
    return scene.apply({ type: "tick" });
  };
  pass(10);
  const { effects } = pass(10);
  const drops = effects.filter((effect) => effect.type === "drop");
  expect(drops).toEqual([
    {
      type: "drop",
      peer: 2,
      sentence:
        "Fox (peer 2) is 20 rounds behind and falls back further, its line being too slow: the others train on, and it is asked again in 30 s",
    },
  ]);
  scene.lose(2, "rests");
  const again = scene.join("Fox");
  const ready = scene.ready(again);
  expect(sent(ready, "rest").map(({ message }) => message.seconds)).toEqual([30]);
  scene.link(1, again);
  scene.apply({ type: "tick" });
  expect(scene.stage(again)).toBe("linking");
  scene.now += 30_000;
  for (const peer of [1, again]) scene.apply({ type: "heartbeat", peer, hidden: false, waitingFor: "" });
  scene.apply({ type: "tick" });
  expect(scene.stage(again)).toBe("observer");
});

test("LI4 an observer that catches up is left to do so", () => {
  const scene = begun(2, {}, { steps: 200 });
  scene.state = { ...scene.state, peers: new Map(scene.state.peers).set(2, { ...scene.state.peers.get(2), stage: "observer" } as never) };
  for (let i = 0; i < 40; i++) scene.done(1, scene.state.committed);
  for (let behind = 40; behind > 0; behind -= 4) {
    scene.now += 5000;
    for (const peer of [1, 2]) scene.apply({ type: "heartbeat", peer, hidden: false, waitingFor: "" });
    expect(scene.apply({ type: "tick" }).effects.filter(({ type }) => type === "drop")).toEqual([]);
    for (let i = 0; i < 4; i++) scene.done(2, 40 - behind + i);
  }
});

/** Members who say so many times what their waits come down to; undefined: that is not known. */
function heard(count: number, said: (peer: PeerId) => Wait["roots"], times = 10): PeerState[] {
  return Array.from({ length: count }, (_, i) => {
    const roots = said(i + 1);
    const lines = roots?.length === 0 ? [] : [[i + 1, 99] as const];
    const wait: Wait = { at: 0, round: 3, kind: "slices", arrived: 0, lines, roots };
    return {
      id: i + 1,
      hello: { name: `P${i + 1}` },
      imagesPerSecond: 100,
      ownsAfter: 0,
      waits: Array.from({ length: times }, () => wait),
    } as unknown as PeerState;
  });
}

const inRows = (members: readonly PeerState[], durations = [1000]) =>
  judgeLines(members, durations, { slots: 80, microBatch: 1 }, () => 31);

test("LI8 on two levels waits of which nothing is known are like those of which something is", () => {
  const members = heard(40, (peer) => (peer % 4 === 0 ? [[peer, 3]] : undefined));
  expect(inRows(members)).toMatchObject({ role: "observer", peers: [{ id: 3 }] });
  expect(inRows(members)?.reason).toMatch(
    /^P3 \(peer 3\) has a slow line: everyone had computed and waited for it in 100 % of the time; .* follows as an observer$/,
  );
});

test("LI8 on two levels neither end of a slow line has a seat any more", () => {
  const verdict = inRows(heard(40, (peer) => (peer % 2 === 0 ? [[3, 34]] : [])));
  expect(verdict).toMatchObject({ role: "member", peers: [{ id: 3 }, { id: 34 }] });
  expect(verdict?.reason).toMatch(
    /^the line between P3 \(peer 3\) and P34 \(peer 34\) is slow: .* instead of 1000 when neither has a seat$/,
  );
});

test("LI8 on two levels who is waited for less than half of the time has no seat, and computes on", () => {
  const verdict = inRows(heard(40, (peer) => (peer % 2 === 0 ? [[peer, 3]] : [])));
  expect(verdict).toMatchObject({ role: "member", peers: [{ id: 3 }] });
  expect(verdict?.reason).toMatch(/^P3 \(peer 3\) has a slow line: .* a round takes about 750 ms instead of 1000 when it has no seat$/);
});

test("LI8 on two levels lines that are all alike are nobody's", () => {
  expect(inRows(heard(40, (peer) => [[peer, (peer % 40) + 1]]))).toBeUndefined();
});
