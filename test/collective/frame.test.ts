import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeFrame,
  encodeFrame,
  FRAME_HEADER_BYTES,
  type Frame,
  frameKinds,
  MAX_FRAME_BYTES,
  MalformedFrame,
} from "../../worker/collective/frame.ts";

const golden: Frame = {
  run: 0x01020304,
  view: 5,
  round: 6,
  kind: frameKinds.contribution,
  index: 7,
  sender: 0x0809,
  coverage: Uint32Array.of(0x80000001, 0x0a),
  elements: Int32Array.of(-1, 2 ** 31 - 1, 0x11223344),
};

const goldenBytes = [
  "04030201 05000000 06000000 01000000 07000000 03000000 0908 0200", // run, view, round, kind, index, elements, sender, coverage words
  "01000080 0a000000", // coverage
  "20000000 01000000 feffffff 88664422", // elements: 32 bits each, zigzag-coded
]
  .join("")
  .replaceAll(" ", "");

const chunk: Frame = { ...golden, kind: frameKinds.state, coverage: new Uint32Array(0) };

const chunkBytes = ["04030201 05000000 06000000 03000000 07000000 03000000 0908 0000", "ffffffff ffffff7f 44332211"]
  .join("")
  .replaceAll(" ", "");

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const frames: fc.Arbitrary<Frame> = fc.record({
  run: u32,
  view: u32,
  round: u32,
  kind: fc.constantFrom(...Object.values(frameKinds)),
  index: u32,
  sender: fc.integer({ min: 0, max: 0xffff }),
  coverage: fc.array(u32, { maxLength: 40 }).map((words) => Uint32Array.from(words)),
  elements: fc.array(fc.integer(), { maxLength: 60 }).map((elements) => Int32Array.from(elements)),
});

test.each([
  { what: "a contribution", frame: golden, hex: goldenBytes },
  { what: "a chunk of a state", frame: chunk, hex: chunkBytes },
])("FR1 $what has these bytes", ({ frame, hex }) => {
  expect(Buffer.from(encodeFrame(frame)).toString("hex")).toBe(hex);
  expect(decodeFrame(new Uint8Array(Buffer.from(hex, "hex")))).toEqual(frame);
});

test("FR2 every frame is decoded to what was encoded, wherever its bytes begin", () => {
  fc.assert(
    fc.property(frames, fc.nat(7), (frame, offset) => {
      const bytes = encodeFrame(frame);
      const within = new Uint8Array(bytes.length + 16);
      within.set(bytes, offset);
      expect(decodeFrame(within.subarray(offset, offset + bytes.length))).toEqual(frame);
    }),
  );
});

test("FR3 a frame that is cut short or has something after it is refused", () => {
  const bytes = encodeFrame(golden);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeFrame(bytes.slice(0, length)), `${length} bytes`).toThrow(MalformedFrame);
  }
  for (let more = 1; more <= 8; more++) {
    const longer = new Uint8Array(bytes.length + more);
    longer.set(bytes);
    expect(() => decodeFrame(longer), `${more} bytes more`).toThrow(MalformedFrame);
  }
});

test.each([
  { what: "nothing", change: () => new Uint8Array(0), sentence: "a frame has 28 to 65536 bytes, this one has 0" },
  { what: "too much", change: () => new Uint8Array(MAX_FRAME_BYTES + 1), sentence: "a frame has 28 to 65536 bytes, this one has 65537" },
  { what: "an unknown kind", change: set(12, 6), sentence: "frame kinds are 1 to 5, not 6" },
  { what: "kind 0", change: set(12, 0), sentence: "frame kinds are 1 to 5, not 0" },
  { what: "other elements than announced", change: set(20, 4), sentence: "the widths announce 5 words, there are 4" },
  { what: "elements without end", change: set(22, 1), sentence: "a frame has at most 16384 elements, this one announces 65539" },
  { what: "other coverage than announced", change: set(26, 3), sentence: "the widths announce 2 words, there are 3" },
  { what: "more coverage than bytes", change: set(26, 7), sentence: "the header announces 7 words of coverage, 24 bytes follow" },
  { what: "a chunk of other elements", change: set(12, 3), sentence: "the header announces 3 elements, 4 follow" },
])("FR3 $what is refused in words", ({ change, sentence }) => {
  expect(() => decodeFrame(change(encodeFrame(golden)))).toThrow(new MalformedFrame(sentence));
});

/** The bytes with another value at `offset`. */
function set(offset: number, value: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    bytes[offset] = value;
    return bytes;
  };
}

test("FR3 noise is a frame or MalformedFrame, nothing else", () => {
  const header = fc.uint8Array({ minLength: FRAME_HEADER_BYTES, maxLength: FRAME_HEADER_BYTES });
  const noise = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.tuple(header, fc.nat(80)).map(plausible));
  fc.assert(fc.property(noise, decodesOrRefuses), { numRuns: 2000 });
});

/** Noise with a kind and lengths that could be right. */
function plausible([header, words]: [Uint8Array, number]): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + 4 * words);
  bytes.set(header);
  const view = new DataView(bytes.buffer);
  view.setUint32(12, 1 + (header[12] % 4), true);
  view.setUint32(20, words, true);
  view.setUint16(26, 0, true);
  return bytes;
}

function decodesOrRefuses(bytes: Uint8Array): void {
  try {
    const frame = decodeFrame(bytes);
    expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
  } catch (error) {
    if (!(error instanceof MalformedFrame)) throw error;
  }
}

test.each([0, 1, 15_000])("FR4 a frame of the largest size is built, one word more is not (%i words of coverage)", (words) => {
  const most = (MAX_FRAME_BYTES - FRAME_HEADER_BYTES) / 4 - words;
  const frame = { ...chunk, coverage: new Uint32Array(words), elements: new Int32Array(most) };
  expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
  const larger = { ...frame, elements: new Int32Array(most + 1) };
  expect(() => encodeFrame(larger)).toThrow("a frame has at most 65536 bytes, this one has 65540");
});

test("FR5 a flipped bit in the lengths or the kind is refused", () => {
  const bytes = encodeFrame(golden);
  for (let bit = 0; bit < 8 * FRAME_HEADER_BYTES; bit++) {
    const flipped = bytes.slice();
    flipped[bit >>> 3] ^= 1 << (bit & 7);
    const position = bit >>> 3;
    if ((position >= 12 && position < 16) || (position >= 20 && position < 24) || position >= 26) {
      expect(() => decodeFrame(flipped), `bit ${bit}`).toThrow(MalformedFrame);
    } else {
      expect(decodeFrame(flipped), `bit ${bit}`).not.toEqual(golden);
    }
  }
});
