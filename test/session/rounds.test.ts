import { describe, expect, test } from "vitest";
import { type Frame, frameKinds, MalformedFrame } from "../../worker/collective/frame.ts";
import { contribution, frameOf, outcome, RUN, type Sent, sessionOf, viewOf } from "./sessionScene.ts";

/** A session of a run that has begun, permitted up to some round. */
async function begun(self: number, permitted = 0): Promise<ReturnType<typeof sessionOf>> {
  const made = sessionOf(self);
  made.session.adopt([viewOf()]);
  await made.session.start();
  made.session.permit(permitted);
  return made;
}

const round0 = { kind: "train", round: 0, step: 0, epoch: 0, stepOfEpoch: 0, slots: 4 } as const;

const total = contribution([0, 1, 2, 3]);

/** Peer 1 does round 0 with what peer 2 sends: contributions to slice 0, and slice 1 reduced. */
function complete({ session }: Pick<Awaited<ReturnType<typeof begun>>, "session">): void {
  session.contribute(round0, [0, 1], contribution([0, 1]));
  session.receive(frameOf());
  session.receive(frameOf({ index: 1, kind: frameKinds.reduced, coverage: new Uint32Array(0), elements: total.slice(512) }));
}

const kinds = (sent: readonly Sent[]): string[] =>
  sent.map(({ to, frame }) => `${frame.kind === frameKinds.reduced ? "reduced" : "contribution"} ${frame.index} to ${to}`).sort();

describe("when a round begins", () => {
  test("VI4 views that come in several messages count when the last is there: a round must not begin under one that another replaces", async () => {
    const { session } = await begun(1, 5);
    session.adopt([viewOf({ view: 2, slotHolders: [2, 2, 2, 2] })], true);
    expect(session.view?.view).toBe(1);
    session.adopt([viewOf({ view: 3, fromRound: 4 })]);
    expect(session.view?.view).toBe(2);
  });

  test("SE2 it needs a view and a permit, in whatever order they come", async () => {
    const { session } = await begun(1, -1);
    const begin = session.begin();
    expect((await outcome(begin)).settled).toBe(false);
    expect(session.waitingFor()).toBe("permission for round 0");
    session.permit(0);
    expect(await outcome(begin)).toEqual({ settled: true, value: round0 });
  });

  test("SE2 a permit never shrinks", async () => {
    const { session } = await begun(1, 5);
    session.permit(-1);
    expect((await outcome(session.begin())).settled).toBe(true);
  });

  test("SE2 it describes steps and evaluations, and ends with the run", async () => {
    const { session } = await begun(1, 10_000);
    const names: string[] = [];
    for (let round = await session.begin(); round !== undefined; round = await session.begin()) {
      names.push(round.kind);
      session.finish(round);
    }
    expect(names.length).toBe(600);
    expect(names.slice(0, 6)).toEqual(["train", "train", "evaluate", "train", "train", "evaluate"]);
    expect(session.waitingFor()).toBe("nothing: the run is complete");
  });
});

describe("frames that come at odd times", () => {
  test("SE3 frames before the first view count", async () => {
    const { session } = sessionOf(1);
    session.receive(frameOf());
    session.receive(frameOf({ index: 1, kind: frameKinds.reduced, coverage: new Uint32Array(0), elements: total.slice(512) }));
    session.adopt([viewOf()]);
    await session.start();
    session.permit(0);
    await session.begin();
    session.contribute(round0, [0, 1], contribution([0, 1]));
    expect((await outcome(session.reduced(round0))).value).toEqual(total);
  });

  test.each([
    { what: "is a member", views: { members: [1, 2], observers: [] } },
    { what: "observes", views: { members: [2, 3], observers: [{ peer: 1, donors: [2], stateOfRound: 501 }] } },
  ])("SE3 frames of any round count that come before the first view, by which this peer $what", ({ views }) => {
    const complaints: number[] = [];
    const { session } = sessionOf(1, { offered: 501, complain: (about) => complaints.push(about) });
    session.receive(frameOf({ round: 501 }));
    session.receive(frameOf({ round: 400, sender: 4 })); // long complete
    session.receive(frameOf({ round: 502, sender: 3, index: 2, elements: contribution([2, 3], 88) })); // there is no such slice
    expect(() => session.receive(frameOf({ round: 600 }))).toThrow("too far ahead");
    session.adopt([viewOf({ fromRound: 501, ...views })]);
    expect(complaints).toEqual([3]);
    expect(() => session.receive(frameOf({ round: 100_000 }))).toThrow("too far ahead");
  });

  test("SE3 frames of later rounds wait for their round", async () => {
    const { session } = await begun(1, 1);
    const round1 = { ...round0, round: 1, step: 1, stepOfEpoch: 1 };
    session.receive(frameOf({ round: 1 }));
    session.receive(frameOf({ round: 1, index: 1, kind: frameKinds.reduced, coverage: new Uint32Array(0), elements: total.slice(512) }));
    await session.begin();
    complete({ session });
    session.finish(round0);
    await session.begin();
    session.contribute(round1, [0, 1], contribution([0, 1]));
    expect((await outcome(session.reduced(round1))).value).toEqual(total);
  });

  test("SE4 frames of rounds that are long complete are ignored, whatever they say", async () => {
    const { session, sent } = await begun(1, 10);
    for (let number = 0; number < 3; number++) {
      const round = await session.begin();
      if (round !== undefined) session.finish(round);
    }
    const before = sent.length;
    session.receive(frameOf({ round: 0, index: 77 }));
    session.receive(frameOf({ round: 1, elements: new Int32Array(1) }));
    expect(() => session.receive(frameOf({ round: 2, index: 77 }))).toThrow(MalformedFrame); // kept for one more round
    expect(sent.length).toBe(before);
  });

  test.each<{ what: string; frame: Partial<Frame>; sentence: string }>([
    { what: "another run", frame: { run: 8 }, sentence: "the frame is of run 8, this is run 7" },
    { what: "a state of another run", frame: { run: 0, kind: frameKinds.state }, sentence: "the frame is of run 0, this is run 7" },
    { what: "a round too far ahead", frame: { round: 257 }, sentence: "round 257 is too far ahead of round 0" },
    { what: "a round beyond the last", frame: { round: 600 }, sentence: "round 600 is too far ahead of round 0" },
    { what: "a slice of an evaluation that a step has", frame: { round: 2, index: 1 }, sentence: "slice 1 is not one of 1" },
  ])("SE4 a frame of $what is refused", async ({ frame, sentence }) => {
    const { session } = await begun(1);
    expect(() => session.receive(frameOf(frame))).toThrow(new MalformedFrame(sentence));
  });

  test("SE4 any header with one flipped bit is refused or taken, and nothing else happens", async () => {
    for (const field of ["run", "view", "round", "index", "sender"] as const) {
      for (let bit = 0; bit < 32; bit++) {
        const { session } = await begun(1);
        const flipped = frameOf({ [field]: (frameOf()[field] ^ (1 << bit)) >>> 0 });
        try {
          session.receive(flipped);
        } catch (error) {
          expect(error, `bit ${bit} of ${field}`).toBeInstanceOf(MalformedFrame);
        }
      }
    }
  });
});

describe("work", () => {
  test("SE5 the slots of the view come once, then those of a repair", async () => {
    const { session } = await begun(1);
    await session.begin();
    const work = session.work(round0);
    expect((await work.next()).value).toEqual([0, 1]);
    session.contribute(round0, [0, 1], contribution([0, 1]));
    const next = work.next();
    expect((await outcome(next)).settled).toBe(false);
    session.adopt([viewOf({ view: 2, members: [1], slotHolders: [1, 1, 1, 1], owners: [1] })]);
    expect((await outcome(next)).value).toEqual({ done: false, value: [2, 3] });
    session.contribute(round0, [2, 3], contribution([2, 3]));
    expect(await outcome(work.next())).toMatchObject({ settled: true, value: { done: true } });
    expect((await outcome(session.reduced(round0))).value).toEqual(total);
  });

  test("SE5 slots that others have done meanwhile are not computed", async () => {
    const { session } = await begun(1);
    await session.begin();
    session.adopt([viewOf({ view: 2, repairedThrough: 0 })]);
    for (const index of [0, 1]) {
      const elements = index === 0 ? total.slice(0, 512) : total.slice(512);
      session.receive(frameOf({ index, kind: frameKinds.reduced, coverage: new Uint32Array(0), elements }));
    }
    expect(await session.work(round0).next()).toEqual({ done: true, value: undefined });
  });

  test("SE5 a repair that gives this peer nothing new brings no work", async () => {
    const { session } = await begun(1);
    await session.begin();
    const work = session.work(round0);
    await work.next();
    const next = work.next();
    session.adopt([viewOf({ view: 2, slotHolders: [1, 1, 2, 2] })]);
    expect((await outcome(next)).settled).toBe(false);
  });

  test("SE5 an observer computes nothing, even if a table named it", async () => {
    const { session } = sessionOf(3);
    session.adopt([viewOf({ members: [1, 2], slotHolders: [3, 3, 3, 3], observers: [] })]);
    expect((await outcome(session.work(round0).next())).settled).toBe(false);
  });

  test("SE5 an evaluation has the shares of a step", async () => {
    const { session } = await begun(2, 2);
    const evaluation = { kind: "evaluate", round: 2, step: 2, epoch: 0, slots: 5 } as const;
    expect((await session.work(evaluation).next()).value).toEqual([3, 4]);
  });
});

describe("what is kept", () => {
  test("SE6 a new owner gets what this peer has contributed", async () => {
    const { session, sent } = await begun(1);
    await session.begin();
    session.contribute(round0, [0, 1], contribution([0, 1]));
    expect(kinds(sent)).toEqual(["contribution 1 to 2"]);
    sent.length = 0;
    session.adopt([viewOf({ view: 2, members: [1, 3], slotHolders: [1, 1, 3, 3], owners: [1, 3] })]);
    expect(kinds(sent)).toEqual(["contribution 1 to 3"]);
    expect(sent[0].frame).toMatchObject({ run: RUN, view: 2, round: 0, sender: 1, coverage: Uint32Array.of(0b11) });
  });

  test("SE6 a new owner gets reduced slices of the round before", async () => {
    const { session, sent } = await begun(1, 1);
    await session.begin();
    complete({ session });
    session.finish(round0);
    sent.length = 0;
    session.adopt([viewOf({ view: 2, members: [1, 3], slotHolders: [1, 1, 3, 3], owners: [1, 3] })]);
    expect(kinds(sent)).toEqual(["reduced 1 to 3"]);
    expect(sent[0].frame.elements).toEqual(total.slice(512));
  });

  test("SE6 over a changed link everything is sent again, of this round and the one before", async () => {
    const { session, sent } = await begun(1, 1);
    await session.begin();
    complete({ session });
    session.finish(round0);
    const round1 = await session.begin();
    session.contribute(round1 as typeof round0, [0, 1], contribution([0, 1]));
    sent.length = 0;
    session.relinked(2);
    expect(sent.map(({ frame }) => frame.round).sort()).toEqual([0, 0, 1]);
    expect(kinds(sent)).toEqual(["contribution 1 to 2", "reduced 0 to 2", "reduced 1 to 2"]);
    sent.length = 0;
    session.relinked(9);
    expect(sent).toEqual([]);
  });

  test("SE6 two rounds later it is gone", async () => {
    const { session, sent } = await begun(1, 2);
    await session.begin();
    complete({ session });
    session.finish(round0);
    session.finish({ ...round0, round: 1 });
    session.relinked(2);
    sent.length = 0;
    session.relinked(2);
    expect(sent.filter(({ frame }) => frame.round === 0)).toEqual([]);
  });
});

describe("waiting", () => {
  test("SE9 closing ends every wait, now and later, with the reason", async () => {
    const { session } = await begun(1);
    const round = await session.begin();
    const waits = [session.reduced(round as typeof round0), session.begin().then(() => session.reduced(round0))];
    const work = session.work(round0);
    await work.next();
    const next = work.next();
    const why = new Error("the peer has left");
    session.close(why);
    session.close(new Error("something else"));
    for (const wait of [...waits, next, session.start(), session.begin()])
      expect(await outcome(wait as Promise<unknown>)).toEqual({ settled: true, error: why });
  });

  test("SE10 it names what it waits for", async () => {
    const { session } = sessionOf(1);
    expect(session.waitingFor()).toBe("a place in the run");
    const observer = sessionOf(3).session;
    observer.adopt([viewOf({ view: 2, fromRound: 9, observers: [{ peer: 3, donors: [1], stateOfRound: 9 }] })]);
    expect(observer.waitingFor()).toBe("the state of round 9: 0 of 63 chunks are here");
    session.adopt([viewOf()]);
    await session.start();
    expect(session.waitingFor()).toBe("permission for round 0");
    session.permit(0);
    await session.begin();
    expect(session.waitingFor()).toBe("slots 0, 1, 2, 3");
    session.contribute(round0, [0, 1], contribution([0, 1]));
    expect(session.waitingFor()).toBe("slots 2, 3");
    session.receive(frameOf());
    expect(session.waitingFor()).toBe("reduced slices of peers 2");
    session.receive(frameOf({ index: 1, kind: frameKinds.reduced, coverage: new Uint32Array(0), elements: total.slice(512) }));
    expect(session.waitingFor()).toBe("nothing");
  });
});
