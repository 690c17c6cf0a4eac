/**
 * Which slots a sum contains: one bit a slot, in 32-bit words. Two sums may be added only when their coverages are disjoint;
 * so a slot that was computed twice is still counted once.
 */
export type Coverage = Uint32Array;

export const coverageWords = (slots: number): number => Math.ceil(slots / 32);

export function coverageOf(slots: number, members: Iterable<number>): Coverage {
  const coverage = new Uint32Array(coverageWords(slots));
  for (const slot of members) {
    if (slot < 0 || slot >= slots) throw new RangeError(`slot ${slot} is not one of ${slots} slots`);
    coverage[slot >>> 5] |= 1 << (slot & 31);
  }
  return coverage;
}

// Loops, for a call a word would take longer than all else: coverages are looked at for every frame.

export function overlaps(a: Coverage, b: Coverage): boolean {
  for (let i = 0; i < a.length; i++) if ((a[i] & b[i]) !== 0) return true;
  return false;
}

export function isSubset(a: Coverage, b: Coverage): boolean {
  for (let i = 0; i < a.length; i++) if ((a[i] & ~b[i]) !== 0) return false;
  return true;
}

export function isSame(a: Coverage, b: Coverage): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function union(a: Coverage, b: Coverage): Coverage {
  const both = new Uint32Array(a.length);
  for (let i = 0; i < a.length; i++) both[i] = a[i] | b[i];
  return both;
}

export function isEmpty(a: Coverage): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== 0) return false;
  return true;
}

/** The slots of `a` that are not in `b`. */
export function without(a: Coverage, b: Coverage): Coverage {
  const left = new Uint32Array(a.length);
  for (let i = 0; i < a.length; i++) left[i] = a[i] & ~b[i];
  return left;
}

/** The lowest slot of a coverage that has one. */
export function firstOf(a: Coverage): number {
  const word = a.findIndex((bits) => bits !== 0);
  return word * 32 + (31 - Math.clz32(a[word] & -a[word]));
}

/** Every slot of a round. */
export function allSlots(slots: number): Coverage {
  const coverage = new Uint32Array(coverageWords(slots)).fill(0xffffffff);
  if (slots % 32 !== 0) coverage[coverage.length - 1] = 2 ** (slots % 32) - 1;
  return coverage;
}

export const covers = (a: Coverage, slot: number): boolean => (a[slot >>> 5] & (1 << (slot & 31))) !== 0;

/** Whether bits beyond the last slot are clear: a coverage from outside is believed only then. */
export const isWithin = (a: Coverage, slots: number): boolean =>
  a.length === coverageWords(slots) && (slots % 32 === 0 || a[a.length - 1] >>> (slots % 32) === 0);

export function slotsIn(a: Coverage, slots: number): number[] {
  const found: number[] = [];
  for (let slot = 0; slot < slots; slot++) if (covers(a, slot)) found.push(slot);
  return found;
}

export function slotCount(a: Coverage, slots: number): number {
  let count = 0;
  for (let slot = 0; slot < slots; slot++) if (covers(a, slot)) count++;
  return count;
}
