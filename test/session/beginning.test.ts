import { describe, expect, test } from "vitest";
import { COORDINATOR } from "../../coordinator/protocol/view.ts";
import { frameKinds, MalformedFrame } from "../../worker/collective/frame.ts";
import { stateChunks } from "../../worker/session/stateTransfer.ts";
import { outcome, sessionOf, viewOf } from "./sessionScene.ts";
import { chunkFrame, manifestFrame, STATE_CHUNKS, state, stateHash, wrongState } from "./stateScene.ts";

const following = (stateOfRound: number, donors = [1]) =>
  viewOf({ view: 2, fromRound: stateOfRound, observers: [{ peer: 3, donors, stateOfRound }] });

/** The donors answer everything that session `to` asks, in the order in which it asks. */
function answer({ session, sent }: ReturnType<typeof sessionOf>, of: (donor: number) => Int32Array = () => state): void {
  for (let { length } = sent; length > 0; { length } = sent) {
    for (const { to, frame } of sent.splice(0, length))
      if (frame.kind === frameKinds.request)
        for (const index of frame.elements) session.receive(chunkFrame(frame.round, to, index, of(to)));
  }
}

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

  test("SE1 an observer begins with the state of its donors, at its round", async () => {
    const scene = sessionOf(3);
    const { session } = scene;
    const start = session.start();
    session.adopt([following(9, [1, 2])]);
    for (const donor of [1, 2]) session.receive(manifestFrame(9, donor));
    answer(scene);
    expect((await outcome(start)).settled).toBe(false); // the hash of the whole is not known yet
    session.transfer.expect(9, stateHash);
    expect(await outcome(start)).toEqual({ settled: true, value: { round: 9, state } });
  });

  test("SE1 a member that comes back goes on with the state that it holds", async () => {
    const { session } = sessionOf(2, { offered: 12 });
    session.adopt([viewOf({ fromRound: 12 })]);
    expect(await outcome(session.start())).toEqual({ settled: true, value: { round: 12, state: "held" } });
  });

  test("SE1 a member whose own state is not the agreed one waits for that", async () => {
    const scene = sessionOf(2, { offered: 11 });
    const { session } = scene;
    session.adopt([viewOf({ fromRound: 12, observers: [{ peer: 2, donors: [1], stateOfRound: 12 }] })]);
    session.transfer.expect(12, stateHash);
    const start = session.start();
    expect((await outcome(start)).settled).toBe(false);
    session.receive(manifestFrame(12, 1));
    answer(scene);
    expect(await outcome(start)).toEqual({ settled: true, value: { round: 12, state } });
  });

  test("SE1 the state may be the coordinator's checkpoint", async () => {
    const { session } = sessionOf(2);
    session.adopt([viewOf({ fromRound: 12, observers: [{ peer: 2, donors: [COORDINATOR], stateOfRound: 12 }] })]);
    for (const chunk of stateChunks(12, state)) session.transfer.receiveCheckpoint(chunk);
    expect(await outcome(session.start())).toEqual({ settled: true, value: { round: 12, state } });
  });
});

describe("a state on its way", () => {
  test("SE7 a manifest that comes before the view counts", async () => {
    const scene = sessionOf(3);
    scene.session.receive(manifestFrame(9, 1));
    expect(scene.sent).toEqual([]);
    scene.session.adopt([following(9)]);
    scene.session.transfer.expect(9, stateHash);
    answer(scene);
    expect((await outcome(scene.session.start())).value).toEqual({ round: 9, state });
  });

  test("SE7 a manifest that came early and is none is complained of", () => {
    const said: unknown[] = [];
    const { session } = sessionOf(3, { complain: (about, why) => said.push([about, why]) });
    session.receive({ ...manifestFrame(9, 1), elements: new Int32Array(6) });
    session.adopt([following(9)]);
    expect(said).toEqual([[1, `the state has ${STATE_CHUNKS} chunks, the manifest 3`]]);
  });

  test("SE7 what is of another round is not part of it", async () => {
    const scene = sessionOf(3);
    scene.session.adopt([following(9)]);
    scene.session.transfer.expect(8, stateHash);
    scene.session.transfer.expect(10, stateHash);
    scene.session.receive(manifestFrame(8, 1));
    for (let i = 0; i < STATE_CHUNKS; i++) scene.session.receive(chunkFrame(8, 1, i));
    for (const chunk of stateChunks(10, state)) scene.session.transfer.receiveCheckpoint(chunk);
    expect(scene.sent).toEqual([]);
    expect((await outcome(scene.session.start())).settled).toBe(false);
  });

  test("SE7 whoever is no donor is not asked, whatever it says", () => {
    const { session, sent } = sessionOf(3);
    session.adopt([following(9)]);
    session.receive(manifestFrame(9, 2, wrongState));
    expect(sent).toEqual([]);
  });

  test("SE7 a chunk of another size is refused", () => {
    const { session } = sessionOf(3);
    session.adopt([following(9)]);
    session.receive(manifestFrame(9, 1));
    const short = { ...chunkFrame(9, 1, 0), elements: new Int32Array(5) };
    expect(() => session.receive(short)).toThrow(new MalformedFrame("chunk 0 of the state has 640 elements, 5 came"));
    for (const index of [STATE_CHUNKS, 2 ** 32 - 1]) expect(() => session.receive({ ...short, index })).toThrow(/is none of them$/);
  });

  test("SE7 the chunks of a checkpoint may come in any order, and twice", async () => {
    const { session } = sessionOf(3);
    session.adopt([viewOf({ fromRound: 9, members: [1, 2, 3], observers: [{ peer: 3, donors: [COORDINATOR], stateOfRound: 9 }] })]);
    const [a, b, c] = stateChunks(9, state);
    for (const chunk of [c, a, c, a, b]) session.transfer.receiveCheckpoint(chunk);
    expect((await outcome(session.start())).value).toEqual({ round: 9, state });
  });

  test("SE8 the chunks of a state that is no longer wanted are forgotten", async () => {
    const scene = sessionOf(3);
    const { session } = scene;
    session.adopt([following(9)]);
    session.receive(manifestFrame(9, 1));
    session.receive(chunkFrame(9, 1, 0));
    session.adopt([{ ...following(20, [2]), view: 3 }]);
    scene.sent.length = 0;
    for (const index of [0, 1]) session.receive(chunkFrame(9, 1, index));
    session.transfer.expect(20, stateHash);
    session.receive(manifestFrame(20, 2));
    expect(scene.sent.map(({ to, frame }) => [to, frame.round, frame.elements])).toEqual([[2, 20, Int32Array.of(0, 1, 2, 3)]]);
    answer(scene);
    expect((await outcome(session.start())).value).toEqual({ round: 20, state });
  });

  test("ST6 ME12 after all donors are lost, others may give the state of the same round; who is gone is not waited for", async () => {
    const lost: number[] = [];
    const scene = sessionOf(3, { stateLost: (round) => lost.push(round) });
    const { session } = scene;
    session.adopt([following(9, [1, 2])]);
    session.transfer.lose(1);
    session.adopt([{ ...following(9, [1, 2]), view: 3 }]);
    session.transfer.lose(2);
    expect(lost).toEqual([9]);
    session.adopt([{ ...following(9, [4]), view: 4 }]);
    session.receive(manifestFrame(9, 4));
    session.transfer.expect(9, stateHash);
    answer(scene);
    expect((await outcome(session.start())).value).toEqual({ round: 9, state });
  });

  test("ST6 a run that is too far ahead makes the state useless, and nobody is blamed", () => {
    const lost: unknown[] = [];
    const { session } = sessionOf(3, { stateLost: (round, why) => lost.push([round, why]) });
    session.adopt([following(9)]);
    const reduced = { ...chunkFrame(9, 1, 0), kind: frameKinds.reduced, round: 300 };
    session.receive(reduced);
    session.receive(reduced);
    expect(lost).toEqual([[9, "nobody gives the state of round 9 any more: the run is at round 300 already"]]);
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
