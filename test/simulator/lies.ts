import { type Frame, frameKinds } from "../../worker/collective/frame.ts";
import { NON_FINITE, standIn } from "./standInReplica.ts";

/** What a hostile peer does otherwise than an honest one. It says whatever serves it, but has no part in the honest ones' secrets. */
export interface Lie {
  readonly name: string;
  /** It has no occasion any more once it owns no slices: who joins again owns none of the stand-in's two. */
  readonly onlyAsOwner?: true;
  /** It says nothing wrong, so that it is no liar: it only keeps to itself what others wait for. */
  readonly mute?: true;
  /** What it contributes instead of what its slots give; it gives account of the lie as of the truth. */
  readonly contribution?: (vector: Int32Array) => Int32Array;
  /** What it computes from instead of (round, first image of a slot). */
  readonly key?: (round: number, firstImage: number) => readonly [round: number, firstImage: number];
  /** What it sends to a peer instead of the frame that it gives account of; undefined: nothing. */
  readonly frame?: (frame: Frame, to: number) => Frame | undefined;
  /** What it applies instead of the totals: an owner that lies to everyone has to believe its own lie. */
  readonly total?: (vector: Int32Array, round: number) => Int32Array;
  /** What it says it recomputed. */
  readonly recomputed?: (sums: readonly number[]) => number[];
}

const train = standIn.layouts.train;

/** Changes the sums of a training vector, within what a frame may hold. */
const changed = (change: (value: number, i: number) => number) => (vector: Int32Array) =>
  vector.length === train.length ? vector.map((value, i) => (i > 0 && i < train.sumLength ? change(value, i) : value)) : vector;

const otherNumbers = (frame: Frame, kind: Frame["kind"]): Frame =>
  frame.kind === kind && frame.elements.length > 3
    ? { ...frame, elements: frame.elements.map((value, i) => (i === 2 ? value ^ 1 : value)) }
    : frame;

/** Each as often as there is an occasion. */
export const contributionLies: readonly Lie[] = [
  { name: "NaN: an element that counts as not finite", contribution: changed((value, i) => (i === NON_FINITE ? 1 << 20 : value)) },
  { name: "infinite: everything saturated", contribution: changed((value) => Math.sign(value) * ((1 << 27) - 1)) },
  { name: "huge: beyond what a slot can have", contribution: changed(() => 0x7fffffff) },
  { name: "sign-flipped", contribution: changed((value) => -value) },
  { name: "zero", contribution: changed(() => 0) },
  { name: "one bit", contribution: changed((value, i) => (i === 100 ? value ^ 1 : value)) },
  { name: "stale step", key: (round, firstImage) => [Math.max(0, round - 1), firstImage] },
  { name: "wrong slot", key: (round, firstImage) => [round, firstImage ^ 1] },
  { name: "same key, other bytes: sends otherwise than it says", frame: (frame) => otherNumbers(frame, frameKinds.contribution) },
  { name: "false accuser", recomputed: (sums) => sums.map((sum, i) => (i === 0 ? sum ^ 1 : sum)) },
];

/** Adds something to the totals that it sends everyone, and applies that itself, lest its hash give it away. */
function lyingOwner(): Lie {
  const lied = new Set<number>();
  return {
    name: "lying owner",
    onlyAsOwner: true,
    frame: (frame) => {
      if (frame.kind !== frameKinds.reduced || frame.index !== 0 || frame.elements.length < 4) return frame;
      lied.add(frame.round);
      return otherNumbers(frame, frameKinds.reduced);
    },
    total: (vector, round) => (lied.has(round) ? vector.map((value, i) => (i === 2 ? value ^ 1 : value)) : vector),
  };
}

/** On two levels: sums up its row otherwise, and says that the sum was right. It contributes its own slots as they are. */
export const lyingAggregator: Lie = {
  name: "lying aggregator",
  onlyAsOwner: true,
  frame: (frame) => (slotCount(frame.coverage) > 4 ? otherNumbers(frame, frameKinds.contribution) : frame),
};

const slotCount = (coverage: Frame["coverage"]): number =>
  coverage.reduce((sum, word) => sum + [...word.toString(2)].filter((bit) => bit === "1").length, 0);

/** From round 20 on, an owner tells some peers other totals than others: those end the round with other bits. */
export const twoTongues = (toldOtherwise: (peer: number) => boolean): Lie => ({
  name: "two tongues",
  frame: (frame, to) => (frame.round === 20 && toldOtherwise(to) ? otherNumbers(frame, frameKinds.reduced) : frame),
});

const isSum = ({ kind }: Frame): boolean => kind === frameKinds.contribution || kind === frameKinds.reduced;

const mute = (name: string, silent: (frame: Frame, to: number) => boolean): Lie => ({
  name: `mute: ${name}`,
  mute: true,
  frame: (frame, to) => (silent(frame, to) ? undefined : frame),
});

/** It says that it has computed, and sends nothing, or not everything, or not to everyone. */
export const muteLies: readonly Lie[] = [
  mute("sends nothing at all", () => true),
  mute("contributes nothing", ({ kind }) => kind === frameKinds.contribution),
  mute("keeps what it sums up", ({ kind }) => kind === frameKinds.reduced),
  mute("sends some peers nothing", (frame, to) => isSum(frame) && to % 4 === 3),
  mute("sends every other peer nothing", (frame, to) => isSum(frame) && to % 2 === 0),
  mute("sends nothing now and then", (frame) => isSum(frame) && frame.round % 10 === 9),
];

/** Every lie there is; each call gives liars of their own. */
export const lies = (): readonly Lie[] => [...contributionLies, lyingOwner(), ...muteLies];
