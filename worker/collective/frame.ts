import { packedBytes, packIntegers, packingFault, unpackIntegers } from "./packedIntegers.ts";

/**
 * What travels between peers: one slice of one vector (or one chunk of a state), in one message, little-endian.
 * Every frame says all that is needed to use it, so frames may arrive in any order, twice, or after their view has ended.
 *
 *     byte  0  u32  run          8  u32  round       16  u32  index      24  u16  sender
 *           4  u32  view        12  u32  kind        20  u32  elements   26  u16  coverage words
 *          28  coverage (u32 each), then the elements: packed (packedIntegers.ts), but for those about a state: i32 each
 */
export interface Frame {
  readonly run: number;
  readonly view: number;
  readonly round: number;
  readonly kind: FrameKind;
  /** The slice; of a state: the chunk. */
  readonly index: number;
  readonly sender: number;
  readonly coverage: Uint32Array;
  readonly elements: Int32Array;
}

export const frameKinds = {
  /** "My slots' sum of this slice." */
  contribution: 1,
  /** "The sum of all slots of this slice." */
  reduced: 2,
  /** "A chunk of the state that this round begins with." */
  state: 3,
  /** "These are the hashes (u64 each) of all its chunks"; none: "I do not hold that state any more." */
  manifest: 4,
  /** "Send me these chunks of it"; none: "I have all of it." */
  request: 5,
} as const;

type FrameKind = (typeof frameKinds)[keyof typeof frameKinds];

export const FRAME_HEADER_BYTES = 28;

/** What every data channel carries in one message without splitting it. */
export const MAX_FRAME_BYTES = 65_536;

/** Zeros take hardly any bytes: without a bound a small frame could announce gigabytes of them. */
const MAX_PACKED_ELEMENTS = MAX_FRAME_BYTES / 4;

/** A frame that is not one; the link it came over ends with this reason. */
export class MalformedFrame extends Error {
  override readonly name = "MalformedFrame";
}

export function encodeFrame(frame: Frame): Uint8Array {
  const words = frame.coverage.length;
  const packed = isPacked(frame.kind);
  const elementBytes = packed ? packedBytes(frame.elements) : frame.elements.byteLength;
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + 4 * words + elementBytes);
  if (bytes.length > MAX_FRAME_BYTES) throw new RangeError(`a frame has at most ${MAX_FRAME_BYTES} bytes, this one has ${bytes.length}`);
  const header = new DataView(bytes.buffer);
  [frame.run, frame.view, frame.round, frame.kind, frame.index, frame.elements.length].forEach((value, i) => {
    header.setUint32(order[i], value, true);
  });
  header.setUint16(24, frame.sender, true);
  header.setUint16(26, words, true);
  new Uint32Array(bytes.buffer, FRAME_HEADER_BYTES, words).set(frame.coverage);
  const body = new Uint32Array(bytes.buffer, FRAME_HEADER_BYTES + 4 * words);
  if (packed) packIntegers(frame.elements, body);
  else body.set(frame.elements);
  return bytes;
}

/** Offsets of run, view, round, kind, index, elements. */
const order = [0, 4, 8, 12, 16, 20] as const;

/** Throws `MalformedFrame` unless the bytes are exactly one frame. Coverage is a view of the bytes where alignment allows. */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length < FRAME_HEADER_BYTES || bytes.length > MAX_FRAME_BYTES) {
    throw new MalformedFrame(`a frame has ${FRAME_HEADER_BYTES} to ${MAX_FRAME_BYTES} bytes, this one has ${bytes.length}`);
  }
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const header = new DataView(aligned.buffer, aligned.byteOffset, aligned.length);
  const [run, view, round, kind, index, elements] = order.map((offset) => header.getUint32(offset, true));
  const words = header.getUint16(26, true);
  if (!isKind(kind)) throw new MalformedFrame(`frame kinds are 1 to 5, not ${kind}`);
  const rest = aligned.length - FRAME_HEADER_BYTES;
  if (rest % 4 !== 0 || rest < 4 * words) throw new MalformedFrame(`the header announces ${words} words of coverage, ${rest} bytes follow`);
  const body = new Uint32Array(aligned.buffer, aligned.byteOffset + FRAME_HEADER_BYTES, rest / 4);
  return {
    run,
    view,
    round,
    kind,
    index,
    sender: header.getUint16(24, true),
    coverage: body.subarray(0, words),
    elements: isPacked(kind) ? packedElements(body.subarray(words), elements) : plainElements(body.subarray(words), elements),
  };
}

const isKind = (kind: number): kind is FrameKind => (Object.values(frameKinds) as number[]).includes(kind);

/** Integers that are summed are small in places; states and hashes are not. */
const isPacked = (kind: FrameKind): boolean => kind === frameKinds.contribution || kind === frameKinds.reduced;

function plainElements(words: Uint32Array, count: number): Int32Array {
  if (words.length !== count) throw new MalformedFrame(`the header announces ${count} elements, ${words.length} follow`);
  return new Int32Array(words.buffer, words.byteOffset, count);
}

function packedElements(words: Uint32Array, count: number): Int32Array {
  if (count > MAX_PACKED_ELEMENTS)
    throw new MalformedFrame(`a frame has at most ${MAX_PACKED_ELEMENTS} elements, this one announces ${count}`);
  const fault = packingFault(words, count);
  if (fault !== undefined) throw new MalformedFrame(fault);
  return unpackIntegers(words, count);
}
