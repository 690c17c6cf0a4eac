import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StateReceiver } from "../../worker/session/stateReceiver.ts";
import { chunkOf, hashOfState, manifestOfState } from "./stateScene.ts";

const ELEMENTS = 3000; // six chunks
const state = Int32Array.from({ length: ELEMENTS }, (_, i) => Math.imul(i + 1, 0x85ebca6b));
const hash = hashOfState(state);
const damaged = (element: number): Int32Array => state.map((word, i) => (i === element ? ~word : word));

/** What a donor does: it says and sends `says`; but `sends` in its chunks, if that is another state. */
interface Donor {
  readonly says: Int32Array;
  readonly sends?: Int32Array;
  /** It is gone after so many chunks. */
  readonly dies?: number;
  /** It is silent after so many chunks. */
  readonly stalls?: number;
}

/** A receiver and its donors, on a clock that is turned by hand. */
class Scene {
  readonly receiver: StateReceiver;
  readonly asked: [donor: number, chunk: number][] = [];
  readonly complaints: [donor: number, why: string][] = [];
  lost: string | undefined;
  completed = 0;
  now = 0;
  readonly #donors: readonly Donor[];
  readonly #sent: number[];

  constructor(donors: readonly Donor[]) {
    this.#donors = donors;
    this.#sent = donors.map(() => 0);
    this.receiver = new StateReceiver({
      round: 9,
      elements: ELEMENTS,
      request: (donor, chunks) => this.asked.push(...chunks.map((chunk): [number, number] => [donor, chunk])),
      complain: (donor, why) => this.complaints.push([donor, why]),
      onComplete: () => this.completed++,
      onLost: (why) => {
        this.lost = why;
      },
    });
    this.receiver.from(donors.map((_, i) => i));
  }

  manifest(donor: number): void {
    this.receiver.hearManifest(donor, manifestOfState((this.#donors[donor] as Donor).says), this.now);
  }

  /** The n-th open request is answered, `copies` times. */
  answer(n: number, copies = 1): void {
    const [donor, chunk] = this.asked.splice(n, 1)[0] as [number, number];
    const { says, sends = says, dies, stalls } = this.#donors[donor] as Donor;
    const sent = this.#sent[donor]++;
    if (sent === dies) this.receiver.lose(donor, this.now);
    if (sent >= (dies ?? Number.POSITIVE_INFINITY) || sent >= (stalls ?? Number.POSITIVE_INFINITY)) return;
    for (let copy = 0; copy < copies; copy++) this.receiver.hearChunk(donor, chunk, chunkOf(sends, chunk), this.now);
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
    this.receiver.tick(this.now);
  }

  /** Everything that is asked for is answered; the clock goes on when nothing is. */
  finish(): void {
    for (let turn = 0; turn < 400 && !this.receiver.complete && this.lost === undefined; turn++) {
      while (this.asked.length > 0) this.answer(0);
      this.pass(250);
    }
  }
}

const right: Donor = { says: state };
const start = (...donors: Donor[]): Scene => {
  const scene = new Scene(donors);
  scene.receiver.expect(hash, 0);
  for (const donor of donors.keys()) scene.manifest(donor);
  return scene;
};

describe("a state from several donors", () => {
  test("ST1 it is complete when its hash is the journalled one, not before that is known", () => {
    const scene = new Scene([right]);
    scene.manifest(0);
    while (scene.asked.length > 0) scene.answer(0);
    expect(scene.receiver.progress).toEqual({ held: 6, chunks: 6 });
    expect([scene.receiver.complete, scene.completed]).toEqual([false, 0]);
    scene.receiver.expect(hash, 0);
    expect([scene.receiver.complete, scene.completed]).toEqual([true, 1]);
    expect(scene.receiver.elements).toEqual(state);
  });

  test("ST5 what a donor that is gone had not sent, the others send", () => {
    const scene = start({ ...right, dies: 1 }, right);
    scene.finish();
    expect([scene.receiver.complete, scene.complaints, scene.lost]).toEqual([true, [], undefined]);
  });

  test("ST3 what a silent donor does not send, the others send, without waiting for long", () => {
    const scene = start({ ...right, stalls: 1 }, right);
    scene.finish();
    expect(scene.receiver.complete).toBe(true);
    expect(scene.now).toBe(2000); // stalled at the tick after 1500 ms; one tick later all is there
  });

  test("ST3 a stalled donor counts again as soon as it sends something", () => {
    const scene = start(right, right);
    const late = scene.asked.find(([donor]) => donor === 0) as [number, number];
    while (scene.asked.some(([donor]) => donor === 1)) scene.answer(scene.asked.findIndex(([donor]) => donor === 1));
    scene.now = 1600;
    scene.receiver.tick(scene.now);
    expect(scene.asked.filter(([donor]) => donor === 1).length).toBeGreaterThan(0);
    scene.asked.length = 0;
    scene.receiver.hearChunk(0, late[1], chunkOf(state, late[1]), scene.now);
    scene.receiver.relinked(1, scene.now);
    expect(scene.asked.some(([donor]) => donor === 0)).toBe(true);
  });

  test("ST4 a chunk that its donor's own manifest rules out is refused, its donor complained of, and another asked", () => {
    const scene = start({ says: state, sends: damaged(0) }, right);
    scene.finish();
    expect(scene.receiver.complete).toBe(true);
    expect(scene.receiver.elements).toEqual(state);
    expect(scene.complaints).toEqual([
      [0, expect.stringMatching(/^of the state of round 9: chunk 0 has the hash [0-9a-f]{16}, its manifest says [0-9a-f]{16}$/)],
    ]);
  });

  test("ST4 two who lie alike do not outvote the journal: the third gives the state, and only they are blamed", () => {
    const scene = start(right, { says: damaged(0) }, { says: damaged(0) });
    scene.finish();
    expect(scene.receiver.complete).toBe(true);
    expect(scene.complaints.map(([donor]) => donor)).toEqual([1, 2]);
  });

  test("ST4 of three manifests the one that differs is refused when the state is the journal's", () => {
    const scene = start({ says: damaged(0) }, right, right);
    scene.finish();
    expect(scene.receiver.complete).toBe(true);
    expect(scene.complaints).toEqual([[0, "of the state of round 9: its manifest is that of another state than the journal's"]]);
  });

  test("ST4 of two the hash of the whole decides, and chunks that both have are not asked again", () => {
    const scene = start({ says: damaged(2999) }, right);
    let answered = 0;
    for (; scene.asked.length > 0; answered++) scene.answer(0);
    expect(scene.receiver.complete).toBe(true);
    expect(answered).toBe(7);
    expect(scene.complaints).toEqual([[0, expect.stringMatching(/the state of its manifest has the hash .*, the journal says /)]]);
  });

  test("ST4 a donor that sends two different manifests is refused", () => {
    const scene = start(right, right);
    scene.receiver.hearManifest(0, manifestOfState(damaged(5)), 0);
    scene.finish();
    expect([scene.receiver.complete, scene.complaints.map(([donor]) => donor)]).toEqual([true, [0]]);
  });

  test("ST6 when the last donor does not hold it any more, it is lost, with the reason", () => {
    const scene = start(right, right);
    scene.receiver.lose(0, 0);
    scene.receiver.hearManifest(1, new BigUint64Array(0), 0);
    expect(scene.lost).toBe("nobody gives the state of round 9 any more: peer 1 does not hold the state any more");
  });

  test("ST6 when nobody sends anything for 10 s, it is lost", () => {
    const scene = start({ ...right, stalls: 0 }, { ...right, stalls: 2 });
    scene.finish();
    expect(scene.lost).toBe("nobody gives the state of round 9 any more: no donor has sent anything for 10 s");
    expect(scene.now).toBe(10_250);
  });

  test("ST6 donors that have not reached the round yet are waited for", () => {
    const scene = new Scene([right, right]);
    scene.receiver.expect(hash, 0);
    for (scene.now = 0; scene.now < 60_000; scene.now += 250) scene.receiver.tick(scene.now);
    expect(scene.lost).toBeUndefined();
    scene.manifest(1);
    scene.finish();
    expect(scene.receiver.complete).toBe(true);
  });
});

const donorKinds: fc.Arbitrary<Donor> = fc.oneof(
  fc.constant(right),
  fc.record({ says: fc.constant(state), dies: fc.nat(4) }),
  fc.record({ says: fc.constant(state), stalls: fc.nat(4) }),
  fc.nat(ELEMENTS - 1).map((element): Donor => ({ says: damaged(element) })),
  fc.nat(ELEMENTS - 1).map((element): Donor => ({ says: state, sends: damaged(element) })),
);

const scenes = fc.record({
  donors: fc.array(donorKinds, { minLength: 1, maxLength: 4 }),
  /** What happens next: a manifest comes, a request is answered (perhaps twice), time passes, the journalled hash is told. */
  events: fc.array(fc.tuple(fc.constantFrom("manifest", "answer", "twice", "time", "hash", "relink"), fc.nat(1000)), { maxLength: 80 }),
});

test("ST1 ST4 ST6 any order, duplicates, losses, lies: the same elements, or a sentence; never others", () => {
  let [complete, lost] = [0, 0];
  const property = ({ donors, events }: { donors: Donor[]; events: [string, number][] }) => {
    const scene = new Scene(donors);
    for (const [what, choice] of events) {
      if (what === "manifest") scene.manifest(choice % donors.length);
      else if (what === "hash") scene.receiver.expect(hash, scene.now);
      else if (what === "relink") scene.receiver.relinked(choice % donors.length, scene.now);
      else if (what === "time") scene.pass(choice);
      else if (scene.asked.length > 0) scene.answer(choice % scene.asked.length, what === "twice" ? 2 : 1);
    }
    for (const donor of donors.keys()) scene.manifest(donor);
    scene.receiver.expect(hash, scene.now);
    scene.finish();
    if (scene.receiver.complete) {
      complete++;
      expect(Buffer.compare(Buffer.from(scene.receiver.elements.slice().buffer), Buffer.from(state.buffer))).toBe(0);
      expect(scene.completed).toBe(1);
    } else {
      lost++;
      expect(scene.lost).toMatch(/^nobody gives the state of round 9 any more: \S/);
    }
    // An honest donor that stays is enough, and nobody complains of those who said and sent what is right.
    if (donors.includes(right) && !events.some(([what]) => what === "time")) expect(scene.receiver.complete).toBe(true);
    const liars = donors.flatMap(({ says, sends = says }, i) => (says === state && sends === state ? [] : [i]));
    for (const [donor] of scene.complaints) expect(liars).toContain(donor);
  };
  fc.assert(fc.property(scenes, property), { numRuns: 400 });
  expect(Math.min(complete, lost)).toBeGreaterThan(10);
});
