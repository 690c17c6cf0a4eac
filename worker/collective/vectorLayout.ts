/**
 * The integer vector of a round: elements before `sumLength` are added, the rest are merged by maximum.
 * Both are associative and commutative on int32, so any order and grouping gives the same bits.
 */
export interface VectorLayout {
  readonly length: number;
  readonly sumLength: number;
}

/** A contiguous range of the vector, small enough to travel in one frame. */
export interface Slice {
  readonly begin: number;
  readonly end: number;
}

/** 64,000 bytes: with its header a slice stays below the 64 KiB that every data channel carries well. */
export const MAX_SLICE_ELEMENTS = 16_000;

/** Below this, headers and messages cost more than the elements. */
const MIN_SLICE_ELEMENTS = 512;

/** So many slices at least, where the vector allows, so that every peer owns some. */
const TARGET_SLICES = 64;

/** The slices of a vector depend on its length alone: whoever joins or leaves, they stay. */
function sliceElements(length: number): number {
  const wanted = Math.ceil(length / TARGET_SLICES);
  const aligned = Math.ceil(wanted / 16) * 16;
  return Math.min(MAX_SLICE_ELEMENTS, Math.max(MIN_SLICE_ELEMENTS, aligned));
}

export function slicesOf(length: number): readonly Slice[] {
  const known = slices.get(length);
  if (known !== undefined) return known;
  const elements = sliceElements(length);
  const made = Array.from({ length: Math.ceil(length / elements) }, (_, i) => ({
    begin: i * elements,
    end: Math.min(length, (i + 1) * elements),
  }));
  slices.set(length, made);
  return made;
}

/** By length: a run has two, of its steps and of its evaluations, and each round asks for one. */
const slices = new Map<number, readonly Slice[]>();

/** into += part (sum part) and into = max(into, part) (max part), for `part` standing at `begin` of the vector. */
export function merge(layout: VectorLayout, into: Int32Array, part: Int32Array, begin: number): void {
  const sums = Math.max(0, Math.min(part.length, layout.sumLength - begin));
  for (let i = 0; i < sums; i++) into[i] += part[i];
  for (let i = sums; i < part.length; i++) if (part[i] > into[i]) into[i] = part[i];
}
