/**
 * Elements from one of many matrices of a size to the next. 16 more than it holds (a line of the cache) keep them apart: where matrices
 * lie a power of two from each other, the same element of all of them belongs into the same few lines of the first-level cache, and
 * a transform that writes one element of each after the other misses it every time.
 */
export function apart(elements: number): number {
  return elements + 16;
}
