import { describe, expect, test } from "vitest";
import { describeRound, roundCount } from "../../coordinator/protocol/rounds.ts";
import { metrics, timing } from "../protocol/samples.ts";
import { announced, begun, type Coordination, hashOf, reportOf, sent, texts } from "./membershipScene.ts";

/** A run of one member that has committed rounds 0 … 5, and an observer that has done rounds 3 … 3: two behind. */
function followed(): { readonly scene: Coordination; readonly id: number } {
  const scene = begun(1, quick);
  const id = scene.enter("Owl");
  expect(scene.state.views.at(-1)?.observers).toEqual([{ peer: id, donors: [1], stateOfRound: 3 }]);
  scene.membersDo(5);
  scene.done(id, 3);
  expect(scene.stage(id)).toBe("observer");
  return { scene, id };
}

const quick = { leaseMs: 1 }; // permits reach two rounds ahead

describe("commits", () => {
  test("ME9 the first report of a round commits it, with the view and the members", () => {
    const scene = begun(2);
    const report = reportOf(0);
    const first = scene.apply({ type: "done", peer: 2, report });
    expect(first.effects).toContainEqual({ type: "commit", report, view: 1, members: [1, 2] });
    expect(scene.state.committed).toBe(1);
    expect(scene.state.peers.get(2)).toMatchObject({ round: 1, hash: hashOf(0), bytesSent: timing.bytesSent });
    expect(scene.done(1, 0).effects.filter(({ type }) => type === "commit")).toEqual([]);
  });

  test("ME9 every round of a run is committed once, in order", () => {
    const scene = begun(3);
    const rounds: number[] = [];
    for (let round = 0; round < roundCount(scene.options.config); round++) {
      for (const id of [3, 1, 2]) {
        for (const effect of scene.done(id, round).effects) if (effect.type === "commit") rounds.push(effect.report.round);
      }
    }
    expect(rounds).toEqual(Array.from({ length: roundCount(scene.options.config) }, (_, round) => round));
  });

  // A state that arrived damaged would make the damaged bits those of the run, and every member would have to leave.
  test("ME9 an observer's report does not commit a round", () => {
    const scene = begun(2, quick);
    const id = scene.enter("Owl");
    scene.membersDo(2);
    expect(scene.stage(id)).toBe("observer");
    scene.done(id, 3, { hash: "0".repeat(16) });
    expect(scene.state.hashes.has(3)).toBe(false);
  });

  // Only a peer that lies can be further than the last committed round; the claim is not compared with anything, then or later.
  test("ME9 a round beyond the committed ones is not believed", () => {
    const scene = begun(2);
    scene.done(1, 1, { hash: "0".repeat(16) });
    expect(scene.state.peers.get(1)?.round).toBe(0);
  });

  test("ME9 a report by a peer that takes no part changes nothing", () => {
    const scene = begun(1);
    const id = scene.join("Fox");
    for (const peer of [id, 99]) {
      const { round, hash } = scene.state.peers.get(peer) ?? {};
      expect(scene.done(peer, 0).effects).toEqual([]);
      expect(scene.state.committed).toBe(0);
      expect(scene.state.peers.get(peer)?.round).toBe(round);
      expect(scene.state.peers.get(peer)?.hash).toBe(hash);
    }
  });

  test("ME8 another hash than the committed one ends that peer's part, with an alarm", () => {
    const scene = begun(3);
    scene.done(1, 0);
    scene.done(3, 0);
    const wrong = "0".repeat(16);
    const decision = scene.done(2, 0, { hash: wrong });
    const sentence = `Fox (peer 2) ended round 0 with ${wrong}, the run with ${hashOf(0)}`;
    expect(decision.effects).toEqual([{ type: "drop", peer: 2, sentence }]);
    expect(decision.reasons).toEqual([{ kind: "alarm", text: `${sentence}: it has to join again` }]);
    expect(scene.state.peers.get(2)?.round).toBe(0);
  });

  test("ME18 a step that all have skipped raises an alarm", () => {
    const scene = begun(1);
    const decision = scene.done(1, 0, { metrics: { ...metrics, skipped: true, nonFinite: 12 } });
    expect(decision.reasons).toContainEqual({
      kind: "alarm",
      text: "step 0 was skipped by everyone alike: 12 gradient elements are not finite; a lower learning rate may help",
    });
  });

  // Rounds and steps part ways after the first evaluation.
  test("ME18 the alarm names the step, not the round", () => {
    const scene = begun(1);
    scene.membersDo(5); // five steps make an epoch; round 5 is its evaluation
    const decision = scene.done(1, 6, { metrics: { ...metrics, skipped: true, nonFinite: 1 } });
    expect(texts(decision).join()).toContain("step 5 was skipped");
  });
});

describe("permits", () => {
  test.each([
    { what: "at least two rounds", leaseMs: 0, permitted: 2 },
    { what: "as many as fit in the lease", leaseMs: 8500, permitted: 9 },
    { what: "never beyond the last round", leaseMs: 60_000, permitted: 14 },
  ])("ME10 $what beyond the slowest member", ({ leaseMs, permitted }) => {
    const scene = begun(2, { leaseMs }); // a round is taken to last a second until one was measured
    expect(scene.state.permitted).toBe(permitted);
    expect(roundCount(scene.options.config)).toBe(15);
  });

  test("ME10 at most 64 rounds", () => {
    expect(begun(1, { leaseMs: 1e9 }, { steps: 1000 }).state.permitted).toBe(64);
  });

  test("ME10 it waits for the slowest member, and is told to everyone who takes part", () => {
    const scene = begun(2, quick);
    const observer = scene.enter("Owl");
    const before = scene.state.permitted;
    expect(sent(scene.done(1, 0), "permit")).toEqual([]);
    expect(sent(scene.done(2, 0), "permit")).toEqual([{ to: [1, 2, observer], message: { type: "permit", through: before + 1 } }]);
  });

  test("ME10 it follows the measured time of a round", () => {
    const scene = begun(1, { leaseMs: 1000 }, { steps: 500, evaluate: false });
    for (let round = 0; round < 60; round++) {
      scene.now += 100;
      scene.done(1, round);
    }
    expect(scene.state.permitted - 60).toBeGreaterThanOrEqual(9); // ten rounds of 100 ms, as soon as the mean has got there
    expect(scene.state.permitted - 60).toBeLessThanOrEqual(10);
  });
});

describe("promotion", () => {
  test("ME7 an observer that is level with the run becomes a member with the next planned view", () => {
    const { scene, id } = followed();
    const decision = scene.done(id, 4);
    expect(scene.stage(id)).toBe("member");
    const fromRound = announced(decision).at(-1)?.fromRound as number;
    expect(announced(decision).at(-1)).toMatchObject({ members: [1, id], observers: [] });
    expect(texts(decision)).toContain(`Owl (peer ${id}) takes part from round ${fromRound}: the state is the run's`);
  });

  test("ME7 with another hash it is dropped instead", () => {
    const { scene, id } = followed();
    const decision = scene.done(id, 4, { hash: "0".repeat(16) });
    expect(decision.effects).toMatchObject([{ type: "drop", peer: id }]);
    expect(scene.stage(id)).toBe("observer");
    expect(announced(decision)).toEqual([]);
  });

  // Its hash is compared with nothing: the run has not committed that round.
  test("ME7 a claim to be ahead of the run makes nobody a member", () => {
    const scene = begun(1, quick);
    const id = scene.enter("Owl");
    scene.done(id, 12, { hash: "0".repeat(16) });
    expect(scene.stage(id)).toBe("observer");
  });
});

describe("rebalancing", () => {
  /** Both do this round at these speeds, `after` milliseconds later. */
  const round = (scene: Coordination, number: number, speeds: readonly number[], after: number) => {
    scene.now += after;
    return speeds.flatMap((speed, i) => texts(scene.done(i + 1, number, { timing: { ...timing, images: speed, computeMs: 1000 } })));
  };

  test("ME15 slots are shared out anew when that makes a step clearly faster", () => {
    const scene = begun(2, quick, { steps: 200, evaluate: false });
    let text: string | undefined;
    for (let number = 0; number < 60 && text === undefined; number++) {
      text = round(scene, number, [300, 100], 1000).find((it) => it.includes("shared out anew"));
    }
    expect(text).toMatch(/^slots were shared out anew by measured speed: a step takes \d+ % less time$/);
    for (let number = scene.state.committed; number < 150; number++) round(scene, number, [300, 100], 1000);
    const counts = [1, 2].map((id) => scene.state.views.at(-1)?.slotHolders.filter((holder) => holder === id).length);
    expect(counts).toEqual([6, 2]);
  });

  test("ME15 equal speeds change nothing", () => {
    const scene = begun(2, quick, { steps: 200, evaluate: false });
    for (let number = 0; number < 100; number++) round(scene, number, [100, 104], 1000);
    expect(scene.state.views.length).toBe(1);
  });
});

describe("the end", () => {
  test("ME16 when every member has done the last round, everyone is told its hash", () => {
    const scene = begun(2);
    const last = roundCount(scene.options.config) - 1;
    scene.membersDo(last - 1);
    const preparing = scene.join("Owl");
    scene.done(1, last);
    expect(scene.state.phase).toBe("running");
    const decision = scene.done(2, last);
    expect(sent(decision, "finished")).toEqual([{ to: [1, 2, preparing], message: { type: "finished", hash: hashOf(last) } }]);
    expect(decision.reasons).toContainEqual({
      kind: "done",
      text: `the run is complete after 12 steps; every replica ends with ${hashOf(last)}`,
    });
    expect(scene.state.phase).toBe("finished");
  });
});

test("ME15 evaluations, which are several times as fast, do not change what a peer is taken to do, nor what a round usually takes", () => {
  const scene = begun(2, {}, { steps: 5000, slots: 8, microBatch: 4 });
  const report = (images: number, speed: number) => ({ timing: { ...timing, images, computeMs: (1000 * images) / speed } });
  for (let round = 0; round < 60; round++) {
    const evaluation = describeRound(scene.options.config, round).kind === "evaluate";
    scene.now += evaluation ? 9000 : 1500;
    // Of an evaluation's slots the two do unlike shares: one looks three times as fast, the other five times.
    expect(announced(scene.done(1, round, evaluation ? report(28, 300) : report(16, 100)))).toEqual([]);
    expect(announced(scene.done(2, round, evaluation ? report(22, 500) : report(16, 100)))).toEqual([]);
  }
  expect([...scene.state.peers.values()].map(({ imagesPerSecond }) => Math.round(imagesPerSecond))).toEqual([100, 100]);
  expect(new Set(scene.state.durations)).toEqual(new Set([1500]));
});
