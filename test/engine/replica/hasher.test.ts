import { expect, test } from "vitest";
import { xxHash64 } from "../../../engine/kernels/reference/xxHash64.ts";
import { createHasher } from "../../../engine/replica/hasher.ts";

const elements = Int32Array.from({ length: 40_000 }, (_, i) => Math.imul(i, 0x9e3779b1));

const ranges = [
  [0, 0],
  [0, 1],
  [3, 4],
  [1, 8],
  [0, 16_000],
  [16_000, 32_001],
  [39_993, 40_000],
  [0, 40_000],
] as const;

test.each(ranges)("ST1 the hash of elements %i to %i is XXH64 of their bytes", (begin, end) => {
  const hasher = createHasher(elements.length);
  hasher.elements.set(elements);
  expect(hasher.hash(begin, end)).toBe(xxHash64(new Uint8Array(elements.buffer, 4 * begin, 4 * (end - begin))));
});

test.each([
  [-1, 3],
  [5, 4],
  [0, 40_001],
])("ST1 a range from %i to %i of 40,000 elements is refused", (begin, end) => {
  expect(() => createHasher(40_000).hash(begin, end)).toThrow(`expected a range within 40000 elements to hash, got ${begin} to ${end}`);
});
