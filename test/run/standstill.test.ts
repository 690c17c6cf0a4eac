import { describe, expect, test } from "vitest";
import type { Awaits } from "../../coordinator/protocol/messages.ts";
import type { PeerId } from "../../coordinator/protocol/view.ts";
import { begun, type Coordination, texts } from "./membershipScene.ts";

/** A clock as machines have it: long after 1970. */
const TODAY_MS = 1_795_000_000_000;

/** Everyone has computed the round in progress; heartbeats and a tick come every second; what was said in that time. */
function standing(scene: Coordination, seconds: number, awaits: (peer: PeerId, second: number) => Awaits): string[] {
  const said: string[] = [];
  for (let second = 1; second <= seconds; second++) {
    scene.now += 1000;
    const round = scene.state.committed;
    for (const peer of scene.at("member")) scene.apply({ type: "computed", peer, round });
    for (const peer of scene.at("member")) {
      scene.apply({ type: "heartbeat", peer, hidden: false, waitingFor: "", round, awaits: awaits(peer, second) });
    }
    said.push(...texts(scene.apply({ type: "tick" })));
  }
  return said;
}

const fourthIsMute = (arrived: number, peer: PeerId): Awaits => ({ contributions: peer === 4 ? [] : [4], sums: [], slices: [], arrived });

describe("LI5 a round stands still only when nothing comes any more", () => {
  test("the first round's time is counted from the run's begin, whatever the clock says", () => {
    const scene = begun(4, {}, {}, TODAY_MS);
    expect(standing(scene, 3, (peer) => fourthIsMute(0, peer))).toEqual([]);
    const said = standing(scene, 3, (peer) => fourthIsMute(0, peer)).join("\n");
    expect(said).toMatch(
      /^Elk \(peer 4\) is late in round 0: what it has computed does not arrive at more than half of those it exchanges slices with, who have waited for [45]\d{3} ms/,
    );
  });

  test("a line that carries a piece a second is slow, not mute: nobody rests and no line is given up", () => {
    const scene = begun(4, {}, {}, TODAY_MS);
    const said = standing(scene, 60, (peer, second) => fourthIsMute(second, peer)).join("\n");
    expect(said).not.toMatch(/is late|stood still|nothing comes/);
  });

  test("one line of which nothing comes is given up, while on another one pieces still arrive", () => {
    const scene = begun(4, {}, {}, TODAY_MS);
    const awaits = (peer: PeerId, second: number): Awaits => {
      if (peer === 1) return { contributions: [2], sums: [], slices: [], arrived: 5 };
      return { contributions: peer === 3 ? [4] : [], sums: [], slices: [], arrived: peer === 3 ? second : 9 };
    };
    const said = standing(scene, 8, awaits).filter((text) => /stood still/.test(text));
    expect(said[0]).toMatch(
      /^round 0 stood still for [4-7] s, as nothing comes between Kite \(peer 1\) and \w+ \(peer 2\): neither sums up slices/,
    );
    expect(said.join("\n")).not.toMatch(/\(peer 3\)|\(peer 4\)/);
  });
});

describe("LI7 a round of which nobody says whom it waits for is told of", () => {
  const nobody: Awaits = { contributions: [], sums: [], slices: [], arrived: 3 };

  test("after half a minute, and again after half a minute: how long, and who has not ended it", () => {
    const scene = begun(4, {}, {}, TODAY_MS);
    expect(standing(scene, 29, () => nobody)).toEqual([]);
    const alarms = standing(scene, 40, () => nobody);
    expect(alarms).toHaveLength(2);
    expect(alarms[0]).toMatch(
      /^round 0 has stood still for 3\d s: everyone says that it is computed, but Kite \(peer 1\), .*Elk \(peer 4\) have not ended it, and nobody says whom it waits for$/,
    );
  });

  test("not while somebody computes, and not while pieces of it still come", () => {
    const computing = begun(4, {}, {}, TODAY_MS);
    for (let second = 0; second < 60; second++) {
      computing.now += 1000;
      const said = computing
        .at("member")
        .map((peer) => computing.apply({ type: "heartbeat", peer, hidden: false, waitingFor: "", round: 0, awaits: nobody }));
      expect([...said, computing.apply({ type: "tick" })].flatMap(texts).join()).not.toMatch(/stood still/);
    }
    const slow = begun(4, {}, {}, TODAY_MS);
    expect(standing(slow, 60, (peer, second) => fourthIsMute(second, peer)).join()).not.toMatch(/has stood still/);
  });
});
