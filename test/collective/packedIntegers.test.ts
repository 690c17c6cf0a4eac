import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BLOCK_VALUES, packedBytes, packIntegers, packingFault, unpackIntegers } from "../../worker/collective/packedIntegers.ts";

function pack(values: Int32Array): Uint32Array {
  const words = new Uint32Array(packedBytes(values) / 4);
  expect(packIntegers(values, words)).toBe(words.length);
  return words;
}

const [LEAST, MOST] = [-(2 ** 31), 2 ** 31 - 1];

/** Values of about `bits` bits, each size as likely, so that blocks of all widths occur. */
const values = fc
  .array(fc.tuple(fc.integer(), fc.integer({ min: 0, max: 31 })), { maxLength: 3 * BLOCK_VALUES })
  .map((pairs) => Int32Array.from(pairs, ([value, bits]) => value >> bits));

test("FR7 unpacking gives back what was packed", () => {
  fc.assert(
    fc.property(values, (some) => {
      const words = pack(some);
      expect(packingFault(words, some.length)).toBeUndefined();
      expect(unpackIntegers(words, some.length)).toEqual(some);
    }),
  );
});

describe.each([0, 1, 3, 31, 32, 33, 255, 256, 257, 1023, 1024, 1025, 16_000])("FR7 %i values", (count) => {
  test.each(Array.from({ length: 33 }, (_, width) => width))("of at most %i bits", (width) => {
    const largest = width === 0 ? 0 : 2 ** (width - 1);
    const extremes = [0, largest - 1, -largest, 1, -1].map((v) => Math.max(-largest, Math.min(largest - 1, v)));
    const some = Int32Array.from({ length: count }, (_, i) => (width === 0 ? 0 : (extremes[i % extremes.length] as number)));
    const words = pack(some);
    expect(unpackIntegers(words, count)).toEqual(some);
    const [whole, rest] = [Math.floor(count / BLOCK_VALUES), count % BLOCK_VALUES];
    const expected =
      Math.ceil(Math.ceil(count / BLOCK_VALUES) / 4) +
      whole * 8 * width +
      Math.ceil((rest * widthOf(some.subarray(whole * BLOCK_VALUES))) / 32);
    expect(words.length).toBe(expected);
  });
});

/** By definition: the least width such that every value lies in [−2^(width − 1), 2^(width − 1)). */
function widthOf(some: Int32Array): number {
  let width = 0;
  while (!some.every((v) => (width === 0 ? v === 0 : v >= -(2 ** (width - 1)) && v < 2 ** (width - 1)))) width++;
  return width;
}

test("FR7 the ends of int32", () => {
  const some = Int32Array.of(LEAST, MOST, 0, -1, 1, LEAST + 1);
  expect(unpackIntegers(pack(some), some.length)).toEqual(some);
});

test("FR7 these words, of a small block", () => {
  // widths: 3; zigzag codes 1, 2, 0, 7 in 3 bits each: 001 + 010·8 + 000·64 + 111·512
  expect(pack(Int32Array.of(-1, 1, 0, -4))).toEqual(Uint32Array.of(3, 1 + 2 * 8 + 7 * 512));
});

test("FR8 words that are cut short, too many, or have impossible widths are refused in words", () => {
  const words = pack(Int32Array.from({ length: 600 }, (_, i) => (i * 7919) % 1000));
  for (let length = 0; length < words.length; length++) expect(packingFault(words.slice(0, length), 600)).toMatch(/words/);
  expect(packingFault(new Uint32Array([...words, 0]), 600)).toBe(
    `the widths announce ${words.length} words, there are ${words.length + 1}`,
  );
  const wide = words.slice();
  wide[0] = 33;
  expect(packingFault(wide, 600)).toBe("width 0 is 33, for 3 blocks of at most 32 bits a value");
  const more = words.slice();
  more[0] |= 1 << 24;
  expect(packingFault(more, 600)).toBe("width 3 is 1, for 3 blocks of at most 32 bits a value");
  expect(packingFault(new Uint32Array(0), 1)).toBe("1 values have 1 words of widths, there are 0 words");
});

test("FR8 a flipped bit in the widths is refused, unless the number of words stays the same", () => {
  const words = pack(Int32Array.from({ length: 600 }, (_, i) => (i * 7919) % 1000));
  for (let bit = 0; bit < 32; bit++) {
    const flipped = words.slice();
    flipped[0] ^= 1 << bit;
    expect(packingFault(flipped, 600), `bit ${bit}`).toBeDefined();
  }
});
