import { describe, expect, test } from "vitest";
import { frameKinds } from "../../worker/collective/frame.ts";
import { type Sent, sessionOf, viewOf } from "./sessionScene.ts";
import { chunkFrame, manifestFrame, STATE_CHUNKS, state } from "./stateScene.ts";

const following = (stateOfRound: number) =>
  viewOf({ view: 2, fromRound: stateOfRound, observers: [{ peer: 3, donors: [1], stateOfRound }] });

describe("a donor", () => {
  const donor = async (changes: Parameters<typeof sessionOf>[1] = {}) => {
    const saved: unknown[] = [];
    const { session, sent } = sessionOf(1, { save: (round, elements) => saved.push([round, elements]), ...changes });
    session.adopt([viewOf()]);
    await session.start();
    return { session, sent, saved };
  };

  const observers = [
    { peer: 3, donors: [2, 1], stateOfRound: 5 },
    { peer: 4, donors: [2], stateOfRound: 5 },
    { peer: 5, donors: [1], stateOfRound: 4 },
  ];

  const request = (sender: number, round: number, chunks: readonly number[]) => ({
    ...chunkFrame(round, sender, 0),
    kind: frameKinds.request,
    index: 0,
    elements: Int32Array.from(chunks),
  });

  const kinds = (sent: readonly Sent[]) => sent.map(({ to, frame }) => [to, frame.kind, frame.index, frame.elements.length]);

  test("SE7 it knows whether somebody waits for the state that a round begins with", async () => {
    const { session } = await donor();
    session.adopt([viewOf({ view: 2, fromRound: 4, observers })]);
    expect([3, 4, 5, 6].map((round) => session.stateWanted(round))).toEqual([false, true, true, false]);
  });

  test("SE7 the coordinator gets one for its checkpoint, when it has asked", async () => {
    const { session, saved } = await donor();
    session.transfer.saveAt(6);
    expect([5, 6, 7].map((round) => session.stateWanted(round))).toEqual([false, true, false]);
    session.offerState(6, state);
    expect(saved).toEqual([[6, state]]);
  });

  test("ST1 it tells its observers the hashes of all chunks, and sends what they ask for", async () => {
    const { session, sent } = await donor();
    session.adopt([viewOf({ view: 2, fromRound: 4, observers })]);
    session.offerState(5, state);
    expect(sent).toMatchObject([{ to: 3, frame: { ...manifestFrame(5, 1), view: 1 } }]); // round 0 is under view 1
    sent.length = 0;
    session.receive(request(3, 5, [2, 0, STATE_CHUNKS, -1]));
    expect(sent.map(({ to, frame }) => [to, frame.index, frame.elements])).toEqual([
      [3, 2, chunkFrame(5, 1, 2).elements],
      [3, 0, chunkFrame(5, 1, 0).elements],
    ]);
  });

  test("ST5 it says so when it does not hold that state, or no longer", async () => {
    let now = 0;
    const { session, sent } = await donor({ now: () => now });
    session.adopt([viewOf({ view: 2, fromRound: 4, observers })]);
    session.offerState(5, state);
    sent.length = 0;
    session.receive(request(3, 4, [0]));
    expect(kinds(sent)).toEqual([[3, frameKinds.manifest, 0, 0]]);
    for (const [at, kind] of [
      [50_000, frameKinds.state],
      [100_000, frameKinds.state],
      [160_001, frameKinds.manifest],
    ] as const) {
      now = at;
      sent.length = 0;
      session.transfer.tick();
      session.receive(request(3, 5, [1]));
      expect(sent[0].frame.kind).toBe(kind);
    }
  });

  test("ST5 it lets go of a state that all its observers have, or that are gone", async () => {
    const { session, sent } = await donor();
    const two = [3, 4].map((peer) => ({ peer, donors: [1], stateOfRound: 5 }));
    session.adopt([viewOf({ view: 2, fromRound: 4, observers: two })]);
    session.offerState(5, state);
    session.receive(request(3, 5, []));
    sent.length = 0;
    session.receive(request(4, 5, [0]));
    session.transfer.lose(4);
    session.receive(request(3, 5, [0]));
    expect(kinds(sent)).toEqual([
      [4, frameKinds.state, 0, 640],
      [3, frameKinds.manifest, 0, 0],
    ]);
  });

  test("ST5 over a changed link its manifest comes again, and the observer asks again for what may be lost", async () => {
    const { session, sent } = await donor();
    session.adopt([viewOf({ view: 2, fromRound: 4, observers })]);
    session.offerState(5, state);
    sent.length = 0;
    session.relinked(3);
    expect(kinds(sent)).toEqual([[3, frameKinds.manifest, 0, 2 * STATE_CHUNKS]]);
    const observer = sessionOf(3);
    observer.session.adopt([following(5)]);
    for (const turn of [1, 2, 3]) {
      if (turn < 3) observer.session.receive(manifestFrame(5, 1));
      else observer.session.relinked(1);
      expect(observer.sent.map(({ frame }) => frame.elements)).toEqual(Array(turn).fill(Int32Array.of(0, 1, 2, 3)));
    }
  });

  test("ST8 it sends when neither the observer nor a member waits for bytes; and one chunk each tick, whatever members do", async () => {
    const busy = new Set<number>();
    const { session, sent } = await donor({ idle: (peer) => !busy.has(peer) });
    const two = [3, 4].map((peer) => ({ peer, donors: [1], stateOfRound: 5 }));
    session.adopt([viewOf({ view: 2, fromRound: 4, observers: two })]);
    session.offerState(5, state);
    sent.length = 0;
    busy.add(2).add(4);
    for (const peer of [3, 4]) session.receive(request(peer, 5, [0, 1, 2]));
    const all: number[][] = [];
    const step = (happen: () => void) => {
      happen();
      all.push(sent.splice(0).map(({ to, frame }) => 10 * to + frame.index));
    };
    step(() => session.transfer.serve()); // peer 2 is a member, and busy
    step(() => session.transfer.tick());
    step(() => busy.delete(2) && session.transfer.serve());
    step(() => busy.delete(4) && session.transfer.serve());
    expect(all).toEqual([[], [30], [31, 32], [40, 41, 42]]);
  });

  test("ST8 an observer that asks for ever gets every chunk twice and a little more", async () => {
    const { session, sent } = await donor();
    session.adopt([viewOf({ view: 2, fromRound: 4, observers })]);
    session.offerState(5, state);
    sent.length = 0;
    for (let i = 0; i < 1000; i++) session.receive(request(3, 5, [i % STATE_CHUNKS]));
    expect(sent.length).toBe(2 * STATE_CHUNKS + 64);
  });
});
