import { isEmpty, isWithin, slotCount } from "./coverage.ts";
import { type Frame, frameKinds, MalformedFrame } from "./frame.ts";
import type { Slice, VectorLayout } from "./vectorLayout.ts";

export interface FrameLimits {
  readonly slots: number;
  readonly layout: VectorLayout;
  /** What a slot adds to an element of the sum part is at most ± this. Without it, anything goes. */
  readonly slotLimit?: number | undefined;
}

/** Throws `MalformedFrame` when a frame cannot be part of a round with these slices. */
export function checkFrame(frame: Frame, slices: readonly Slice[], limits: FrameLimits): void {
  const slice = slices[frame.index];
  if (slice === undefined) throw new MalformedFrame(`slice ${frame.index} is not one of ${slices.length}`);
  if (frame.elements.length !== slice.end - slice.begin) {
    throw new MalformedFrame(`slice ${frame.index} has ${slice.end - slice.begin} elements, the frame has ${frame.elements.length}`);
  }
  if (frame.kind === frameKinds.reduced) return;
  if (!isWithin(frame.coverage, limits.slots) || isEmpty(frame.coverage)) {
    throw new MalformedFrame(`the coverage is not a non-empty set of ${limits.slots} slots`);
  }
  checkRange(frame, slice.begin, limits);
}

/** A sum over a few slots that could make the sum over all of them overflow is no honest one. */
function checkRange({ elements, coverage, sender }: Frame, begin: number, { slotLimit, slots, layout }: FrameLimits): void {
  if (slotLimit === undefined) return;
  const limit = slotLimit * slotCount(coverage, slots);
  const sums = Math.max(0, Math.min(elements.length, layout.sumLength - begin));
  for (let i = 0; i < sums; i++) {
    const value = elements[i];
    if (value > limit || value < -limit)
      throw new MalformedFrame(`peer ${sender} contributed ${value} to element ${begin + i}, which is at most ±${limit}`);
  }
}
