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
const HEADER_WORDS = FRAME_HEADER_BYTES / 4;

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
  const all = new Uint32Array(bytes.buffer); // every machine that runs WebAssembly in practice is little-endian
  all[0] = frame.run;
  all[1] = frame.view;
  all[2] = frame.round;
  all[3] = frame.kind;
  all[4] = frame.index;
  all[5] = frame.elements.length;
  all[6] = frame.sender | (words << 16);
  all.set(frame.coverage, HEADER_WORDS);
  const body = all.subarray(HEADER_WORDS + words);
  if (packed) packIntegers(frame.elements, body);
  else body.set(frame.elements);
  return bytes;
}

/** Throws `MalformedFrame` unless the bytes are exactly one frame. Coverage is a view of the bytes where alignment allows. */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length < FRAME_HEADER_BYTES || bytes.length > MAX_FRAME_BYTES) {
    throw new MalformedFrame(`a frame has ${FRAME_HEADER_BYTES} to ${MAX_FRAME_BYTES} bytes, this one has ${bytes.length}`);
  }
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const all = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >>> 2);
  const [kind, elements, words] = [all[3], all[5], all[6] >>> 16];
  if (!isKind(kind)) throw new MalformedFrame(`frame kinds are 1 to 5, not ${kind}`);
  const rest = aligned.length - FRAME_HEADER_BYTES;
  if (rest % 4 !== 0 || rest < 4 * words) throw new MalformedFrame(`the header announces ${words} words of coverage, ${rest} bytes follow`);
  const coverage = all.subarray(HEADER_WORDS, HEADER_WORDS + words);
  const body = all.subarray(HEADER_WORDS + words);
  return {
    run: all[0],
    view: all[1],
    round: all[2],
    kind,
    index: all[4],
    sender: all[6] & 0xffff,
    coverage,
    elements: isPacked(kind) ? packedElements(body, elements) : plainElements(body, elements),
  };
}

const kinds: readonly number[] = Object.values(frameKinds);
const isKind = (kind: number): kind is FrameKind => kinds.includes(kind);

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
