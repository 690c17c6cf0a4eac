import { describe, expect, test } from "vitest";
import { COORDINATOR } from "../../coordinator/protocol/view.ts";
import { MalformedFrame } from "../../worker/collective/frame.ts";
import type { Session } from "../../worker/session/session.ts";
import { StateReceiver, stateChunks, stateFrames } from "../../worker/session/stateTransfer.ts";
import { outcome, RUN, STATE_ELEMENTS, sessionOf, viewOf } from "./sessionScene.ts";

const state = Int32Array.from({ length: STATE_ELEMENTS }, (_, i) => Math.imul(i, 0x9e3779b1));

const chunksOf = (round: number, sender = 1) => [...stateFrames(state, { run: RUN, view: 1, round, sender })];

const following = (stateOfRound: number, donor = 1) =>
  viewOf({ view: 2, fromRound: stateOfRound, observers: [{ peer: 3, donor, stateOfRound }] });

describe("where to begin", () => {
  test("SE1 a member of the first view begins with the initial state", async () => {
    const { session } = sessionOf(2);
    const start = session.start();
    expect((await outcome(start)).settled).toBe(false);
    session.adopt([viewOf()]);
    expect(await outcome(start)).toEqual({ settled: true, value: { round: 0, state: "initial" } });
    expect(session.round).toBe(0);
  });

  test("SE1 who is not in the first view does not begin", async () => {
    const { session } = sessionOf(3);
    const start = session.start();
    session.adopt([viewOf()]);
    expect((await outcome(start)).settled).toBe(false);
  });

  test("SE1 an observer begins with the state of its donor, at its round", async () => {
    const { session } = sessionOf(3);
    const start = session.start();
    session.adopt([following(9)]);
    for (const frame of chunksOf(9)) {
      expect((await outcome(start)).settled).toBe(false);
      session.receive(frame);
    }
    expect(await outcome(start)).toEqual({ settled: true, value: { round: 9, state } });
  });

  test("SE1 a member that comes back goes on with the state that it holds", async () => {
    const { session } = sessionOf(2, { offered: 12 });
    session.adopt([viewOf({ fromRound: 12 })]);
    expect(await outcome(session.start())).toEqual({ settled: true, value: { round: 12, state: "held" } });
  });

  test("SE1 a member whose own state is not the agreed one waits for that", async () => {
    const { session } = sessionOf(2, { offered: 11 });
    session.adopt([viewOf({ fromRound: 12, observers: [{ peer: 2, donor: 1, stateOfRound: 12 }] })]);
    const start = session.start();
    expect((await outcome(start)).settled).toBe(false);
    for (const frame of chunksOf(12)) session.receive(frame);
    expect(await outcome(start)).toEqual({ settled: true, value: { round: 12, state } });
  });

  test("SE1 the state may be the coordinator's checkpoint", async () => {
    const { session } = sessionOf(2);
    session.adopt([viewOf({ fromRound: 12, observers: [{ peer: 2, donor: COORDINATOR, stateOfRound: 12 }] })]);
    for (const chunk of stateChunks(12, state)) session.receiveState(chunk);
    expect(await outcome(session.start())).toEqual({ settled: true, value: { round: 12, state } });
  });
});

describe("a state on its way", () => {
  test("SE7 chunks may come in any order, and twice", async () => {
    const { session } = sessionOf(3);
    session.adopt([following(9)]);
    const [a, b, c] = chunksOf(9);
    for (const frame of [c, a, c, a, b]) session.receive(frame);
    expect((await outcome(session.start())).value).toEqual({ round: 9, state });
  });

  test("SE7 chunks of another round are not part of it", async () => {
    const { session } = sessionOf(3);
    session.adopt([following(9)]);
    for (const frame of chunksOf(8)) session.receive(frame);
    for (const chunk of stateChunks(10, state)) session.receiveState(chunk);
    expect((await outcome(session.start())).settled).toBe(false);
  });

  test.each([
    { what: "too short", index: 0, elements: 15_999, sentence: "chunk 0 of the state has 16000 elements, 15999 came" },
    {
      what: "the last with the length of the others",
      index: 2,
      elements: 16_000,
      sentence: "chunk 2 of the state has 8000 elements, 16000 came",
    },
    { what: "beyond the end", index: 3, elements: 16_000, sentence: /^chunk 3 of the state has -?\d+ elements, 16000 came$/ },
    { what: "far beyond the end", index: 2 ** 32 - 1, elements: 1, sentence: /^chunk 4294967295 of the state has -\d+ elements, 1 came$/ },
  ])("SE7 a chunk that is $what is refused", ({ index, elements, sentence }) => {
    const receiver = new StateReceiver(STATE_ELEMENTS);
    const receive = () => receiver.receive({ index, elements: new Int32Array(elements) });
    expect(receive).toThrow(MalformedFrame);
    expect(receive).toThrow(sentence);
    expect(receiver.complete).toBe(false);
  });

  test.each([1, 16_000, 16_001, 32_000])("SE7 a state of %i elements arrives whole", (elements) => {
    const receiver = new StateReceiver(elements);
    const some = state.subarray(0, elements);
    const frames = [...stateFrames(some, { run: RUN, view: 1, round: 3, sender: 1 })];
    expect(frames.length).toBe(Math.ceil(elements / 16_000));
    for (const frame of frames.reverse()) {
      expect(receiver.complete).toBe(false);
      receiver.receive(frame);
    }
    expect([receiver.complete, receiver.state]).toEqual([true, some]);
  });

  test("SE8 the chunks of a state that is no longer wanted are forgotten", async () => {
    const { session } = sessionOf(3);
    session.adopt([following(9)]);
    const [first, second, third] = chunksOf(9);
    session.receive(first);
    session.receive(second);
    session.adopt([{ ...following(20, 2), view: 3 }]);
    session.receive(third);
    const start = session.start();
    expect((await outcome(start)).settled).toBe(false);
    for (const frame of chunksOf(20, 2)) session.receive(frame);
    expect((await outcome(start)).value).toEqual({ round: 20, state });
  });

  test("SE8 when the run begins anew, there is no state to wait for", async () => {
    const { session } = sessionOf(3);
    session.adopt([following(9)]);
    session.permit(12);
    session.adopt([viewOf({ view: 4, begins: true, members: [3], slotHolders: [3, 3, 3, 3], owners: [3] })]);
    expect((await outcome(session.start())).value).toEqual({ round: 0, state: "initial" });
    expect((await outcome(session.begin())).settled).toBe(false); // the old permit is void
    session.permit(0);
    expect((await outcome(session.begin())).settled).toBe(true);
  });
});

describe("a donor", () => {
  const donor = async (): Promise<{ session: Session; sent: ReturnType<typeof sessionOf>["sent"]; saved: unknown[] }> => {
    const saved: unknown[] = [];
    const { session, sent } = sessionOf(1, { save: (round, elements) => saved.push([round, elements]) });
    session.adopt([viewOf()]);
    await session.start();
    return { session, sent, saved };
  };

  test("SE7 it knows who waits for the state that a round begins with", async () => {
    const { session } = await donor();
    const observers = [
      { peer: 3, donor: 1, stateOfRound: 5 },
      { peer: 4, donor: 2, stateOfRound: 5 },
      { peer: 5, donor: 1, stateOfRound: 4 },
    ];
    session.adopt([viewOf({ view: 2, fromRound: 4, observers })]);
    expect([3, 4, 5, 6].map((round) => session.awaitingState(round))).toEqual([[], [5], [3], []]);
  });

  test("SE7 the coordinator gets one for its checkpoint, when it has asked", async () => {
    const { session, saved } = await donor();
    session.saveAt(6);
    expect([5, 6, 7].map((round) => session.awaitingState(round))).toEqual([[], [COORDINATOR], []]);
    session.sendState(COORDINATOR, 6, state);
    expect(saved).toEqual([[6, state]]);
  });

  test("SE7 it sends every chunk, and the other side has the same elements", async () => {
    const { session, sent } = await donor();
    session.sendState(3, 5, state);
    expect(sent.map(({ to, frame }) => [to, frame.round, frame.index, frame.sender])).toEqual([
      [3, 5, 0, 1],
      [3, 5, 1, 1],
      [3, 5, 2, 1],
    ]);
    const receiver = new StateReceiver(STATE_ELEMENTS);
    for (const { frame } of sent) receiver.receive(frame);
    expect(receiver.state).toEqual(state);
  });

  // Nothing keeps a state that was under way on a link that failed: its observer waits for the missing chunks for ever.
  test("SE7 a state that was under way on a failed link is sent again", async () => {
    const { session, sent } = await donor();
    session.adopt([viewOf({ view: 2, fromRound: 5, observers: [{ peer: 3, donor: 1, stateOfRound: 5 }] })]);
    session.sendState(3, 5, state);
    sent.length = 0;
    session.relinked(3);
    expect(sent.length).toBe(3);
  });
});
