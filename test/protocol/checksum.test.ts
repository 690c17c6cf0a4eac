import fc from "fast-check";
import { expect, test } from "vitest";
import { addChecksums, type ChecksumKey, checksum, sameChecksum } from "../../coordinator/protocol/checksum.ts";

const key: ChecksumKey = [0x12345678, 0xcafebabe];
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const half = fc.integer({ min: -(2 ** 30), max: 2 ** 30 - 1 });

test("AU9 the checksum of a sum is the sum of the checksums", () => {
  const pairs = fc.array(fc.tuple(half, half), { maxLength: 200 });
  const holds = (rows: [number, number][], begin: number) => {
    const [a, b] = [Int32Array.from(rows, ([x]) => x), Int32Array.from(rows, ([, y]) => y)];
    const sum = a.map((value, i) => value + b[i]);
    expect(checksum(key, sum, begin)).toEqual(addChecksums(checksum(key, a, begin), checksum(key, b, begin)));
  };
  fc.assert(fc.property(pairs, fc.nat(1e6), holds));
});

test("AU9 it is the same as with whole numbers of any size, and of parts put together", () => {
  const holds = (values: number[], cut: number) => {
    const vector = Int32Array.from(values);
    const at = Math.min(cut, vector.length);
    const parts = addChecksums(checksum(key, vector.subarray(0, at), 0), checksum(key, vector.subarray(at), at));
    expect(checksum(key, vector, 0)).toEqual(parts);
    // Element by element, in exact arithmetic: the factor of position i is what the checksum of a single 1 there is.
    const exact = [2_147_483_647n, 2_147_483_629n].map((modulus, which) => {
      const total = values.reduce((sum, value, i) => sum + BigInt(value) * BigInt(checksum(key, Int32Array.of(1), i)[which]), 0n);
      return Number(((total % modulus) + modulus) % modulus);
    });
    expect(checksum(key, vector, 0)).toEqual(exact);
  };
  fc.assert(fc.property(fc.array(int32, { maxLength: 150 }), fc.nat(150), holds));
});

test("AU9 vectors that differ anywhere have other checksums, also by multiples of a modulus", () => {
  const vector = Int32Array.from({ length: 1000 }, (_, i) => Math.imul(i, 0x9e3779b1));
  for (let bit = 0; bit < 32; bit++) {
    for (const at of [0, 31, 32, 999]) {
      const other = vector.slice();
      other[at] ^= 1 << bit;
      expect(sameChecksum(checksum(key, vector, 5), checksum(key, other, 5))).toBe(false);
    }
  }
  for (const [a, b] of [
    [0, 2_147_483_647],
    [0, 2_147_483_629],
    [-2_147_483_647, 2_147_483_647],
  ]) {
    expect(sameChecksum(checksum(key, Int32Array.of(a), 0), checksum(key, Int32Array.of(b), 0))).toBe(false);
  }
});

test("AU9 another key gives another checksum", () => {
  const vector = Int32Array.of(1, -2, 3);
  const keys: ChecksumKey[] = [key, [0x12345679, 0xcafebabe], [0x12345678, 0xcafebabf], [0, 0], [0xffffffff, 0xffffffff]];
  expect(new Set(keys.map((each) => checksum(each, vector, 0).join())).size).toBe(5);
});
