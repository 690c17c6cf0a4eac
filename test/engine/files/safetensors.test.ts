import { expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../../../engine/index.ts";

const tensors = [
  { name: "a", shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) },
  { name: "größe", shape: [], values: Float32Array.of(5) },
];

test("what is written is read again, names and metadata in any language too", () => {
  const { tensors: read, metadata } = readSafetensors(writeSafetensors(tensors, { note: "Straße 路" }));
  expect([...read.values()]).toEqual(tensors);
  expect(metadata).toEqual({ note: "Straße 路" });
});

test("the data begin at a multiple of eight bytes, after a header padded with spaces", () => {
  const bytes = writeSafetensors(tensors);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  expect((8 + length) % 8).toBe(0);
  expect(bytes.length).toBe(8 + length + 20);
  expect(() => JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).not.toThrow();
});

test.each([
  [new Uint8Array(4), "expected at least 8 bytes, got 4"],
  [Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 0, 1), "expected a header within 9 bytes, got one of 255"],
  [writeSafetensors(tensors).subarray(0, -4), "expected größe of 4 bytes within 16, got 16 to 20"],
])("a file that is cut or broken is refused (%#)", (bytes, message) => {
  expect(() => readSafetensors(bytes)).toThrow(message);
});
