/**
 * What travels between peers: one slice of one vector (or one chunk of a state), in one message, little-endian.
 * Every frame says all that is needed to use it, so frames may arrive in any order, twice, or after their view has ended.
 *
 *     byte  0  u32  run          8  u32  round       16  u32  index      24  u16  sender
 *           4  u32  view        12  u32  kind        20  u32  elements   26  u16  coverage words
 *          28  coverage (u32 each), then the elements (i32 each)
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

/** A frame that is not one; the link it came over ends with this reason. */
export class MalformedFrame extends Error {
  override readonly name = "MalformedFrame";
}

export function encodeFrame(frame: Frame): Uint8Array {
  const words = frame.coverage.length;
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + 4 * (words + frame.elements.length));
  if (bytes.length > MAX_FRAME_BYTES) throw new RangeError(`a frame has at most ${MAX_FRAME_BYTES} bytes, this one has ${bytes.length}`);
  const header = new DataView(bytes.buffer);
  [frame.run, frame.view, frame.round, frame.kind, frame.index, frame.elements.length].forEach((value, i) => {
    header.setUint32(order[i], value, true);
  });
  header.setUint16(24, frame.sender, true);
  header.setUint16(26, words, true);
  new Uint32Array(bytes.buffer, FRAME_HEADER_BYTES, words).set(frame.coverage);
  new Int32Array(bytes.buffer, FRAME_HEADER_BYTES + 4 * words).set(frame.elements);
  return bytes;
}

/** Offsets of run, view, round, kind, index, elements. */
const order = [0, 4, 8, 12, 16, 20] as const;

/** Throws `MalformedFrame` unless the bytes are exactly one frame. Elements and coverage are views of the bytes where alignment allows. */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length < FRAME_HEADER_BYTES || bytes.length > MAX_FRAME_BYTES) {
    throw new MalformedFrame(`a frame has ${FRAME_HEADER_BYTES} to ${MAX_FRAME_BYTES} bytes, this one has ${bytes.length}`);
  }
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const header = new DataView(aligned.buffer, aligned.byteOffset, aligned.length);
  const [run, view, round, kind, index, elements] = order.map((offset) => header.getUint32(offset, true));
  const words = header.getUint16(26, true);
  if (aligned.length !== FRAME_HEADER_BYTES + 4 * (words + elements)) {
    throw new MalformedFrame(`the header announces ${words} + ${elements} words, ${aligned.length - FRAME_HEADER_BYTES} bytes follow`);
  }
  if (!isKind(kind)) throw new MalformedFrame(`frame kinds are 1 to 5, not ${kind}`);
  const body = aligned.byteOffset + FRAME_HEADER_BYTES;
  return {
    run,
    view,
    round,
    kind,
    index,
    sender: header.getUint16(24, true),
    coverage: new Uint32Array(aligned.buffer, body, words),
    elements: new Int32Array(aligned.buffer, body + 4 * words, elements),
  };
}

const isKind = (kind: number): kind is FrameKind => (Object.values(frameKinds) as number[]).includes(kind);
