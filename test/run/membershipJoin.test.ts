import { describe, expect, test } from "vitest";
import type { Hello } from "../../coordinator/protocol/messages.ts";
import { PROTOCOL_VERSION } from "../../coordinator/protocol/version.ts";
import { announced, begun, Coordination, helloOf, SELF_TEST, sent, texts } from "./membershipScene.ts";

describe("joining", () => {
  test("ME2 a newcomer is welcomed with its number and the run's configuration", () => {
    const scene = new Coordination();
    const decision = scene.apply({ type: "join", hello: helloOf("Kite", { workers: 2 }) });
    const { run, runName, config } = scene.options;
    expect(decision.effects).toEqual([{ type: "send", to: [1], message: { type: "welcome", peer: 1, run, runName, config } }]);
    expect(decision.reasons).toEqual([{ kind: "join", text: "Kite (peer 1) joined with 2 compute workers" }]);
    expect(scene.state.peers.get(1)).toMatchObject({ stage: "preparing", round: undefined, joinedAt: 1000, lastSeenAt: 1000 });
  });

  test.each<{ what: string; scene: () => Coordination; hello: Partial<Hello>; reason: string; sentence: string }>([
    {
      what: "another protocol version",
      scene: () => new Coordination(),
      hello: { protocol: PROTOCOL_VERSION + 1 },
      reason: "protocol",
      sentence: `this page speaks protocol ${PROTOCOL_VERSION + 1}, the coordinator ${PROTOCOL_VERSION}: reload the page`,
    },
    {
      what: "a run that is full",
      scene: () => begun(2, { maxPeers: 2 }),
      hello: {},
      reason: "full",
      sentence: "the run has 2 of at most 2 peers",
    },
    {
      what: "an engine without fused multiply-add in a fused run",
      scene: () => new Coordination({}, { numerics: "fused" }),
      hello: { fused: false },
      reason: "numerics",
      sentence: "this run uses fused multiply-add (--numerics fused), which this browser or Node does not have: try a newer Chromium",
    },
    {
      what: "a run that is complete",
      scene: () => {
        const scene = begun(1, {}, { steps: 1, evaluate: false });
        scene.done(1, 0);
        return scene;
      },
      hello: {},
      reason: "finished",
      sentence: "this run is complete: start a new one to train on",
    },
  ])("ME2 $what is refused", ({ scene: create, hello, reason, sentence }) => {
    const scene = create();
    const before = scene.state;
    const id = before.nextPeer;
    const decision = scene.apply({ type: "join", hello: helloOf("Late", hello) });
    expect(decision.effects).toEqual([{ type: "refuse", peer: id, reason, sentence }]);
    expect(decision.reasons).toEqual([{ kind: "warning", text: `Late was refused: ${sentence}` }]);
    expect(decision.state).toEqual({ ...before, nextPeer: id + 1 });
  });

  test("ME2 a plain run takes engines without fused multiply-add", () => {
    const scene = new Coordination();
    expect(scene.stage(scene.join("Kite", { fused: false }))).toBe("preparing");
  });

  test("ME2 numbers are never used again", () => {
    const scene = new Coordination();
    const first = scene.join("Kite");
    scene.lose(first);
    scene.apply({ type: "join", hello: helloOf("Old", { protocol: 0 }) });
    expect([first, scene.join("Fox")]).toEqual([1, 3]);
  });

  // Numbers travel in 16 bits; peer 65,536 is welcomed with a message that it cannot decode.
  test("ME2 when all 65,535 numbers are used, the next newcomer is refused", () => {
    const scene = new Coordination();
    scene.state = { ...scene.state, nextPeer: 65_536 };
    expect(scene.apply({ type: "join", hello: helloOf("Late") }).effects[0]).toMatchObject({ type: "refuse" });
  });
});

describe("readiness", () => {
  test("ME3 the first self-test counts, another one is refused with both hashes", () => {
    const scene = new Coordination({ minPeers: 3 });
    scene.ready(scene.join("Kite"));
    const id = scene.join("Fox");
    const decision = scene.apply({ type: "ready", peer: id, selfTest: "00000000000000bb", imagesPerSecond: 1 });
    const sentence =
      "the self-test step ended with 00000000000000bb instead of 00000000000000aa: this engine computes other bits than the run";
    expect(decision.effects).toEqual([{ type: "refuse", peer: id, reason: "self-test", sentence }]);
    expect(decision.reasons).toEqual([{ kind: "alarm", text: `Fox (peer 2) was refused: ${sentence}` }]);
    expect(scene.stage(id)).toBe("preparing");
  });

  test("ME4 who is ready makes an offer to everyone who is as far", () => {
    const iceServers = [{ urls: "stun:stun.example.org" }];
    const scene = new Coordination({ minPeers: 9, iceServers });
    for (const name of ["Kite", "Fox"]) scene.enter(name);
    scene.join("Owl"); // still preparing: not to be linked with
    const id = scene.join("Elk");
    expect(sent(scene.ready(id), "connect")).toEqual([
      { to: [id], message: { type: "connect", peer: 1, initiator: true, iceServers } },
      { to: [1], message: { type: "connect", peer: id, initiator: false, iceServers } },
      { to: [id], message: { type: "connect", peer: 2, initiator: true, iceServers } },
      { to: [2], message: { type: "connect", peer: id, initiator: false, iceServers } },
    ]);
    expect(scene.state.peers.get(id)).toMatchObject({ stage: "linking", imagesPerSecond: 100, waitingFor: "its links" });
  });

  test("ME4 to be ready twice, or without having joined, changes nothing", () => {
    const scene = new Coordination({ minPeers: 2 });
    const id = scene.join("Kite");
    scene.ready(id);
    for (const peer of [id, 99]) {
      const decision = scene.apply({ type: "ready", peer, selfTest: SELF_TEST, imagesPerSecond: 5 });
      expect([decision.effects, decision.reasons]).toEqual([[], []]);
    }
  });
});

describe("the beginning of a run", () => {
  test("ME5 with one peer needed, one that is ready begins at once", () => {
    const scene = new Coordination();
    const decision = scene.ready(scene.join("Kite"));
    expect(texts(decision)).toEqual(["the run begins with 1 of at least 1 peer"]);
    expect(announced(decision)).toMatchObject([{ view: 1, fromRound: 0, members: [1], observers: [] }]);
    expect(decision.state).toMatchObject({ phase: "running", permitted: 2 });
    expect(scene.stage(1)).toBe("member");
  });

  test("ME5 the run begins with the last link, not before", () => {
    const scene = new Coordination({ minPeers: 3 });
    const ids = ["Kite", "Fox", "Owl"].map((name) => scene.join(name));
    for (const id of ids) scene.ready(id);
    const links: [number, number][] = ids.flatMap((a) => ids.filter((b) => b !== a).map((b): [number, number] => [a, b]));
    for (const [i, [peer, other]] of links.entries()) {
      expect(scene.state.phase).toBe("waiting");
      const state = i % 2 === 0 ? "direct" : "relayed";
      const decision = scene.apply({ type: "link", peer, other, state });
      const begins = texts(decision).includes("the run begins with 3 of at least 3 peers");
      expect(begins).toBe(i === links.length - 1);
    }
    expect(scene.at("member")).toEqual(ids);
  });

  test("ME5 too few peers wait, however well they are linked", () => {
    const scene = new Coordination({ minPeers: 3 });
    for (const name of ["Kite", "Fox"]) scene.enter(name);
    expect([scene.state.phase, scene.at("linking")]).toEqual(["waiting", [1, 2]]);
  });

  test("ME5 a link that is lost again does not count", () => {
    const scene = new Coordination({ minPeers: 2 });
    for (const name of ["Kite", "Fox"]) scene.ready(scene.join(name));
    scene.apply({ type: "link", peer: 1, other: 2, state: "direct" });
    scene.apply({ type: "link", peer: 1, other: 2, state: "lost" });
    scene.apply({ type: "link", peer: 2, other: 1, state: "direct" });
    expect(scene.state.phase).toBe("waiting");
    scene.apply({ type: "link", peer: 1, other: 2, state: "relayed" });
    expect(scene.state.phase).toBe("running");
  });

  test("LK2 that two peers are relayed is said once, whichever of them says so first", () => {
    const scene = new Coordination({ minPeers: 2 });
    for (const name of ["Kite", "Fox"]) scene.ready(scene.join(name));
    const relayed = (peer: number, other: number) => texts(scene.apply({ type: "link", peer, other, state: "relayed" }));
    expect(relayed(2, 1)).toEqual(["Fox (peer 2) and Kite (peer 1) have no direct connection: the coordinator relays between them"]);
    expect(relayed(1, 2)).toEqual(["the run begins with 2 of at least 2 peers"]);
    expect(relayed(1, 2)).toEqual([]);
    scene.apply({ type: "link", peer: 1, other: 2, state: "direct" });
    expect(relayed(1, 2)).toEqual([]);
  });

  test("ME5 when a peer that was waited for is lost, the others begin", () => {
    const scene = new Coordination({ minPeers: 2 });
    for (const name of ["Kite", "Fox", "Owl"]) scene.ready(scene.join(name));
    scene.link(1, 2);
    expect(scene.state.phase).toBe("waiting"); // for the links of Owl
    expect(texts(scene.lose(3))).toEqual(["Owl (peer 3) was lost before it took part", "the run begins with 2 of at least 2 peers"]);
  });
});

describe("a newcomer to a run in progress", () => {
  test("ME6 it becomes an observer when all links are there, both ways", () => {
    const scene = begun(2);
    const id = scene.join("Owl");
    scene.ready(id);
    scene.link(id, 1);
    scene.apply({ type: "link", peer: id, other: 2, state: "direct" });
    expect(scene.stage(id)).toBe("linking");
    const decision = scene.apply({ type: "link", peer: 2, other: id, state: "direct" });
    expect(scene.stage(id)).toBe("observer");
    const stateOfRound = scene.state.permitted + 1;
    expect(announced(decision)).toMatchObject([
      { fromRound: stateOfRound, members: [1, 2], observers: [{ peer: id, donors: [1, 2], stateOfRound }] },
    ]);
    expect(sent(decision, "views")[0]?.to).toEqual([1, 2, id]);
    expect(texts(decision)).toEqual([
      `Owl (peer ${id}) will follow from round ${stateOfRound}, with the state from Kite (peer 1), Fox (peer 2): all 2 peers that have it`,
    ]);
  });

  test("ME6 a second one has to be linked with the first, too", () => {
    const scene = begun(2);
    const first = scene.enter("Owl");
    const second = scene.join("Elk");
    scene.ready(second);
    for (const other of [1, 2]) scene.link(second, other);
    expect([scene.stage(first), scene.stage(second)]).toEqual(["observer", "linking"]);
    scene.link(second, first);
    expect(scene.stage(second)).toBe("observer");
    expect(scene.state.views.at(-1)?.observers.map(({ peer }) => peer)).toEqual([first, second]);
  });

  test("ME6 those who become free together follow together", () => {
    const scene = begun(2);
    const first = scene.enter("Owl");
    const [b, c] = ["Elk", "Bee"].map((name) => scene.join(name));
    for (const id of [b, c]) scene.ready(id);
    for (const id of [b, c]) for (const other of [1, 2]) scene.link(id, other);
    scene.link(b, c);
    expect([scene.stage(b), scene.stage(c)]).toEqual(["linking", "linking"]); // neither is linked with Owl
    const stateOfRound = scene.state.permitted + 1;
    expect(announced(scene.lose(first)).at(-1)?.observers).toEqual([
      { peer: b, donors: [1, 2], stateOfRound },
      { peer: c, donors: [1, 2], stateOfRound },
    ]);
  });
});
