import { expect, test } from "vitest";
import { emptyMembership, type Membership, type PeerState, type Wait } from "../../coordinator/run/membership.ts";
import { rowRoots } from "../../coordinator/run/rowRoots.ts";

interface Said {
  readonly kind: Wait["kind"];
  readonly others: readonly number[];
  readonly round?: number;
  readonly at?: number;
}

const NOW = 10_000;

const waitOf = (id: number, { kind, others, round = 5, at = NOW }: Said, roots?: Wait["lines"]): Wait => {
  const lines = others.map((other) => [id, other] as const);
  return { at, round, kind, arrived: 0, lines, roots };
};

/** Of each peer: the round that it works on, and what it said last; all have computed the round that they are in. */
function scene(peers: Record<number, { readonly round?: number; readonly said?: Said; readonly roots?: Wait["lines"] }>): Membership {
  const all = Object.entries(peers).map(([name, { round = 5, said, roots }]) => {
    const id = Number(name);
    const waits = said === undefined ? [] : [waitOf(id, said, roots)];
    return [id, { id, round, computed: round, waits } as unknown as PeerState] as const;
  });
  return { ...emptyMembership, durations: [300], peers: new Map(all) };
}

const roots = (state: Membership, said: Said): string[] | undefined => rowRoots(state, 1, waitOf(1, said))?.map((ends) => ends.join("-"));

test("LI8 a wait is followed to its end: from the aggregator to the owner, to another row's aggregator, to who has not contributed", () => {
  const state = scene({
    1: {},
    2: { said: { kind: "slices", others: [3] } },
    3: { said: { kind: "sums", others: [4] } },
    4: { said: { kind: "contributions", others: [5] } },
    5: {},
  });
  expect(roots(state, { kind: "slices", others: [2] })).toEqual(["4-5"]);
});

test("LI8 who has ended the round has all of it: then it is the line", () => {
  const state = scene({ 1: {}, 2: { round: 6, said: { kind: "contributions", others: [3], round: 6 } }, 3: {} });
  expect(roots(state, { kind: "slices", others: [2] })).toEqual(["1-2"]);
});

test("LI8 an aggregator that waits for no contribution has sent its row's sum", () => {
  const state = scene({ 1: {}, 2: { said: { kind: "slices", others: [3] } }, 3: {} });
  expect(roots(state, { kind: "sums", others: [2] })).toEqual(["1-2"]);
});

test("LI8 who has not begun the round is held up by what it waits for in the one before", () => {
  const state = scene({ 1: { round: 6 }, 2: { said: { kind: "slices", others: [3] } }, 3: { round: 6 } });
  expect(roots(state, { kind: "contributions", others: [2], round: 6 })).toEqual(["2-3"]);
});

test("LI8 what was said lately about earlier rounds counts where nothing is said about this one; of contributions, what they came down to then", () => {
  const earlier = { kind: "contributions", others: [3, 4], round: 4, at: NOW - 2000 } as const;
  const state = scene({ 1: {}, 2: { said: earlier, roots: [[4, 9]] }, 3: {}, 4: {} });
  expect(roots(state, { kind: "slices", others: [2] })).toEqual(["4-9"]);
  const old = scene({ 1: {}, 2: { said: { ...earlier, at: NOW - 5000 }, roots: [[4, 9]] }, 3: {}, 4: {} });
  expect(roots(old, { kind: "slices", others: [2] })).toBeUndefined();
});

test("LI8 two that say they wait for each other end no chain: nothing is known", () => {
  const state = scene({ 1: {}, 2: { said: { kind: "slices", others: [1] } } });
  expect(roots(state, { kind: "slices", others: [2] })).toBeUndefined();
});
