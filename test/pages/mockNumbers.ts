/** Arithmetic that looks like a training run: the same arguments always give the same numbers. */

/** A fixed time, so that pictures of the same scene are the same. */
export const START = Date.UTC(2026, 4, 5, 14, 3, 0);

/** How fast peer i is, against the others. */
export const weight = (i: number): number => 0.3 + Math.abs(noise(i, 7));

/** Loss against progress: falls fast, then slowly, then with the learning rate's end. */
export const trend = (progress: number): number => 0.13 + 1.15 * Math.exp(-14 * progress) + 1.02 * (1 - Math.min(1, progress)) ** 1.3;

/** A step takes 370 ms or so; two peers fewer in the middle make it slower. */
export const timeOf = (step: number): number =>
  Math.round(START + 8000 + 370 * step + (step > 812 ? 90 * Math.min(step - 812, 140) : 0) + 30 * noise(step, 9));

/** In −1 … 1, the same for the same arguments. */
export function noise(a: number, b: number): number {
  let h = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 31 - 1;
}

const hex = (value: number): string =>
  Math.floor((value + 1) * 0x7fffffff)
    .toString(16)
    .padStart(8, "0");

export const hashOf = (step: number): string => hex(noise(step, 11)) + hex(noise(step, 12));
