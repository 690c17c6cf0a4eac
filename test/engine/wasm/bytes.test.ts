import { describe, expect, test } from "vitest";
import { Bytes } from "../../../engine/wasm/bytes.ts";

function written(write: (bytes: Bytes) => void): number[] {
  const bytes = new Bytes(1);
  write(bytes);
  return [...bytes.view()];
}

describe("LEB128", () => {
  test.each([
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 1]],
    [624485, [0xe5, 0x8e, 0x26]],
    [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])("unsigned %d", (value, encoding) => {
    expect(written((bytes) => bytes.unsigned(value))).toEqual(encoding);
  });

  test.each([
    [0, [0]],
    [63, [0x3f]],
    [64, [0xc0, 0]],
    [-1, [0x7f]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
    [-123456, [0xc0, 0xbb, 0x78]],
    [2 ** 31 - 1, [0xff, 0xff, 0xff, 0xff, 0x07]],
    [-(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x78]],
    [0x84_6c_a6_8b, [0x8b, 0xcd, 0xb2, 0xa3, 0x78]],
  ])("signed %d", (value, encoding) => {
    expect(written((bytes) => bytes.signed(value))).toEqual(encoding);
    expect(written((bytes) => bytes.signed64(BigInt.asIntN(32, BigInt(value))))).toEqual(encoding);
  });

  test("signed 64-bit integers", () => {
    expect(written((bytes) => bytes.signed64(-(2n ** 63n)))).toEqual([...Array(9).fill(0x80), 0x7f]);
    expect(written((bytes) => bytes.signed64(2n ** 64n - 1n))).toEqual([0x7f]);
  });
});

test("floats are little-endian", () => {
  expect(written((bytes) => bytes.f32(1))).toEqual([0, 0, 0x80, 0x3f]);
  expect(written((bytes) => bytes.f64(-2))).toEqual([0, 0, 0, 0, 0, 0, 0, 0xc0]);
});

test("a name is its length and its characters", () => {
  expect(written((bytes) => bytes.text("env"))).toEqual([3, 0x65, 0x6e, 0x76]);
  expect(() => new Bytes().text("é")).toThrow('a WebAssembly name is expected to be ASCII here, got "é"');
});

test("bytes grow and can be put together", () => {
  const inner = new Bytes(1);
  for (let i = 0; i < 200; i++) inner.byte(i);
  const outer = new Bytes(1);
  outer.appendCounted(inner);
  expect([...outer.view()]).toEqual([0xc8, 1, ...Array.from({ length: 200 }, (_, i) => i)]);
});
