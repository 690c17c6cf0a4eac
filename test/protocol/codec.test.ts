import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, test } from "vitest";
import {
  decodeCoordinatorMessage,
  decodePeerMessage,
  encodeMessage,
  MAX_MESSAGE_BYTES,
  MalformedMessage,
} from "../../coordinator/protocol/codec.ts";
import type { CoordinatorMessage, PeerMessage } from "../../coordinator/protocol/messages.ts";
import { coordinatorMessages, peerMessages, view } from "./samples.ts";

/** MessagePack of anything, as a peer may send it. What comes out of a socket is a plain Uint8Array, not a Buffer. */
const pack = (value: unknown): Uint8Array => new Uint8Array(new Packr({ useRecords: false }).pack(value));

const wireOf = (message: PeerMessage | CoordinatorMessage): Uint8Array => new Uint8Array(encodeMessage(message));

test.each(Object.values(peerMessages))("PR1 a peer's $type", (message) => {
  expect(decodePeerMessage(wireOf(message))).toEqual(message);
});

test.each(Object.values(coordinatorMessages))("PR1 the coordinator's $type", (message) => {
  expect(decodeCoordinatorMessage(wireOf(message))).toEqual(message);
});

/** A message's type, what is changed in it, and what the refusal says. */
type Changed = readonly [type: string, changes: object, reason: RegExp];

const badFromPeer: readonly Changed[] = [
  ["hello", { protocol: "1" }, /^protocol: .*Expected number/],
  ["hello", { token: "x".repeat(129) }, /^token: .*128 but received 129/],
  ["hello", { name: "x".repeat(41) }, /^name: .*40 but received 41/],
  ["hello", { name: 7 }, /^name: .*Expected string but received 7/],
  ["hello", { kind: "bot" }, /^kind: .*"tab" \| "node".*received "bot"/],
  ["hello", { device: undefined }, /^device: /],
  ["hello", { workers: 0 }, /^workers: .*>=1 but received 0/],
  ["hello", { workers: 257 }, /^workers: .*<=256 but received 257/],
  ["hello", { workers: 1.5 }, /^workers: .*integer.*1\.5/],
  ["hello", { fused: 1 }, /^fused: .*boolean/],
  ["ready", { selfTest: "0123456789ABCDEF" }, /^selfTest: /],
  ["ready", { selfTest: "0".repeat(17) }, /^selfTest: /],
  ["ready", { imagesPerSecond: -1 }, /^imagesPerSecond: .*>=0 but received -1/],
  ["ready", { imagesPerSecond: Number.NaN }, /^imagesPerSecond: .*NaN/],
  ["signal", { to: 0 }, /^to: .*>=1 but received 0/],
  ["signal", { to: 65_536 }, /^to: .*<=65535 but received 65536/],
  ["signal", { signal: null }, /^signal: .*Expected Object but received null/],
  ["signal", { signal: "offer" }, /^signal: /],
  ["link", { state: "fast" }, /^state: /],
  ["done", { round: -1 }, /^round: .*>=0 but received -1/],
  ["done", { round: 0.5 }, /^round: /],
  ["done", { hash: "" }, /^hash: /],
  ["done", { metrics: {} }, /^metrics\.images: /],
  ["done", { metrics: { ...peerMessages.done.metrics, lossSum: Number.NaN } }, /^metrics\.lossSum: .*NaN/],
  ["done", { metrics: { ...peerMessages.done.metrics, skipped: 0 } }, /^metrics\.skipped: /],
  ["done", { timing: { ...peerMessages.done.timing, computeMs: -0.1 } }, /^timing\.computeMs: .*>=0/],
  ["heartbeat", { waitingFor: "x".repeat(201) }, /^waitingFor: .*200 but received 201/],
  ["hello", { resume: { run: 5, round: 17, reports: Array(513).fill(null) } }, /^resume\.reports/],
  [
    "hello",
    { resume: { run: 5, round: 17, reports: [{ ...peerMessages.hello.resume?.reports[0], hash: 5 }] } },
    /^resume\.reports\.0\.hash: /,
  ],
  ["computed", { round: "17" }, /^round: /],
  ["state", { bytes: "text" }, /^bytes: .*Uint8Array/],
  ["state", { bytes: new Uint8Array(64_001) }, /^bytes: .*64000/],
  ["state", { chunks: 0 }, /^chunks: .*>=1/],
  ["leave", { reason: ["left"] }, /^reason: /],
  ["leave", { type: "welcome" }, /^type: .*received "welcome"/],
  ["leave", { type: undefined }, /^type: .*received undefined/],
];

test.each(badFromPeer)("PR2 a peer's %s with something wrong is refused with the path", (type, changes, reason) => {
  const bytes = pack({ ...peerMessages[type as PeerMessage["type"]], ...changes });
  expect(() => decodePeerMessage(bytes)).toThrow(MalformedMessage);
  expect(() => decodePeerMessage(bytes)).toThrow(reason);
});

const badFromCoordinator: readonly Changed[] = [
  ["welcome", { peer: 65_536 }, /^peer: .*<=65535/],
  ["welcome", { run: -1 }, /^run: /],
  ["welcome", { config: { ...coordinatorMessages.welcome.config, slots: 1025 } }, /^config\.slots: .*<=1024 but received 1025/],
  ["welcome", { config: { ...coordinatorMessages.welcome.config, dataset: {} } }, /^config\.dataset\.name: /],
  ["refused", { reason: "mood" }, /^reason: /],
  ["connect", { iceServers: [{ urls: 5 }] }, /^iceServers\.0\.urls: /],
  ["views", { views: [{ ...view, view: 0 }] }, /^views\.0\.view: .*>=1 but received 0/],
  ["views", { views: [view, { ...view, members: [1, 0] }] }, /^views\.1\.members\.1: /],
  ["views", { views: [{ ...view, observers: [{ peer: 1, donors: [2] }] }] }, /^views\.0\.observers\.0\.stateOfRound: /],
  ["views", { views: Array(68).fill(view) }, /^views: .*<=67 but received 68/],
  ["views", { views: [{ ...view, begins: undefined }] }, /^views\.0\.begins: /],
  ["save", { round: -1 }, /^round: /],
  ["state", { index: -1 }, /^index: /],
  ["permit", { through: "5" }, /^through: /],
  ["finished", { hash: null }, /^hash: /],
];

test.each(badFromCoordinator)("PR2 the coordinator's %s with something wrong is refused with the path", (type, changes, reason) => {
  const bytes = pack({ ...coordinatorMessages[type as CoordinatorMessage["type"]], ...changes });
  expect(() => decodeCoordinatorMessage(bytes)).toThrow(MalformedMessage);
  expect(() => decodeCoordinatorMessage(bytes)).toThrow(reason);
});

test.each([null, 5, "hello", true, [], {}, new Date(0), 2n ** 60n])("PR2 %o is no message", (value) => {
  expect(() => decodePeerMessage(pack(value))).toThrow(MalformedMessage);
  expect(() => decodeCoordinatorMessage(pack(value))).toThrow(MalformedMessage);
});

const SPOKEN_BOTH_WAYS = ["signal", "state"];

test("PR2 what one side says is refused from the other", () => {
  const onlyCoordinator = Object.values(coordinatorMessages).filter(({ type }) => !SPOKEN_BOTH_WAYS.includes(type));
  for (const message of onlyCoordinator) expect(() => decodePeerMessage(wireOf(message))).toThrow(MalformedMessage);
  const onlyPeer = Object.values(peerMessages).filter(({ type }) => !SPOKEN_BOTH_WAYS.includes(type));
  for (const message of onlyPeer) expect(() => decodeCoordinatorMessage(wireOf(message))).toThrow(MalformedMessage);
});

describe("sizes", () => {
  /** A valid signal of exactly so many bytes. */
  const signalOf = (bytes: number): Uint8Array => {
    const empty = pack({ ...peerMessages.signal, signal: { sdp: "x".repeat(70_000) } }).length - 70_000;
    return pack({ ...peerMessages.signal, signal: { sdp: "x".repeat(bytes - empty) } });
  };

  test("PR3 a message may have 262,144 bytes and not one more", () => {
    expect(MAX_MESSAGE_BYTES).toBe(262_144);
    expect(decodePeerMessage(signalOf(MAX_MESSAGE_BYTES)).type).toBe("signal");
    const sentence = "a message has at most 262144 bytes, this one has 262145";
    expect(() => decodePeerMessage(signalOf(MAX_MESSAGE_BYTES + 1))).toThrow(new MalformedMessage(sentence));
  });

  test("PR3 a name of ten million characters is refused unread", () => {
    const bytes = pack({ ...peerMessages.hello, name: "x".repeat(10_000_000) });
    expect(() => decodePeerMessage(bytes)).toThrow(/^a message has at most 262144 bytes/);
  });
});

test("PR4 a permit has these bytes", () => {
  const expected = Buffer.concat([
    Buffer.of(0xde, 0, 2), // a map of two
    Buffer.from("\xa4type\xa6permit", "latin1"),
    Buffer.from("\xa7through", "latin1"),
    Buffer.of(5),
  ]);
  expect(Buffer.from(wireOf(coordinatorMessages.permit)).toString("hex")).toBe(expected.toString("hex"));
});

test("PR5 a message that is cut short, or has something after it, is refused", () => {
  for (const message of Object.values(peerMessages)) {
    const bytes = wireOf(message);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodePeerMessage(bytes.slice(0, length)), `${message.type}, ${length} bytes`).toThrow(MalformedMessage);
    }
    expect(() => decodePeerMessage(Uint8Array.of(...bytes, 0xc0)), message.type).toThrow(MalformedMessage);
  }
});

function decodesOrRefuses(bytes: Uint8Array): void {
  for (const decode of [decodePeerMessage, decodeCoordinatorMessage]) {
    try {
      const message = decode(bytes);
      expect(decode(wireOf(message))).toEqual(message);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
    }
  }
}

test("PR5 noise is a message or MalformedMessage, nothing else", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), decodesOrRefuses), { numRuns: 1000 });
});

test("PR5 any value in any field is taken or refused", () => {
  const messages = [...Object.values(peerMessages), ...Object.values(coordinatorMessages)];
  const message = fc.constantFrom<PeerMessage | CoordinatorMessage>(...messages);
  const changed = message.chain((it) => fc.record({ it: fc.constant(it), key: fc.constantFrom(...Object.keys(it)), value: fc.anything() }));
  fc.assert(
    fc.property(changed, ({ it, key, value }) => decodesOrRefuses(pack({ ...it, [key]: value }))),
    { numRuns: 1000 },
  );
});

test("PR5 flipped bits in messages are taken or refused", () => {
  const messages = [...Object.values(peerMessages), ...Object.values(coordinatorMessages)].map(wireOf);
  for (const bytes of messages) {
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const flipped = new Uint8Array(bytes);
      flipped[bit >>> 3] ^= 1 << (bit & 7);
      decodesOrRefuses(flipped);
    }
  }
});

/** A signal that is lists within lists, as deep as that: one byte each. */
function nested(depth: number): Uint8Array {
  const shallow = pack({ ...peerMessages.signal, signal: { a: null } });
  const bytes = new Uint8Array(shallow.length + depth).fill(0x91, shallow.length - 1);
  bytes.set(shallow.subarray(0, -1));
  bytes[bytes.length - 1] = 0xc0;
  return bytes;
}

// Some thousand nested lists are decoded, but not encoded again for the other peer: a RangeError that nobody catches.
test("PR5 a signal of nested lists is refused, or can be handed on, however deep it is", () => {
  for (let depth = 500; depth < 20_000; depth += 500) decodesOrRefuses(nested(depth));
});

test("PR5 a signal nested deeper than the stack is refused", () => {
  expect(() => decodePeerMessage(nested(200_000))).toThrow(MalformedMessage);
});

test("PR7 fields that the protocol does not know are dropped", () => {
  expect(decodePeerMessage(pack({ ...peerMessages.leave, because: "so" }))).toEqual(peerMessages.leave);
  const { metrics } = peerMessages.done;
  const more = pack({ ...peerMessages.done, metrics: { ...metrics, mood: "good" } });
  expect(decodePeerMessage(more)).toEqual(peerMessages.done);
});

// A clock that stands still during the self-test makes this speed; its peer is then given every slot, for ever.
test("PR8 an infinite speed is refused", () => {
  expect(() => decodePeerMessage(pack({ ...peerMessages.ready, imagesPerSecond: Number.POSITIVE_INFINITY }))).toThrow(MalformedMessage);
});

// In the journal an infinite loss is null, and the journal can then not be read again.
test.each(["lossSum", "learningRate"])("PR8 an infinite %s is refused", (field) => {
  const { metrics } = peerMessages.done;
  const bytes = pack({ ...peerMessages.done, metrics: { ...metrics, [field]: Number.NEGATIVE_INFINITY } });
  expect(() => decodePeerMessage(bytes)).toThrow(MalformedMessage);
});

test.each(["computeMs", "communicateMs", "waitMs", "bytesSent"])("PR8 an infinite %s is refused", (field) => {
  const { timing } = peerMessages.done;
  const bytes = pack({ ...peerMessages.done, timing: { ...timing, [field]: Number.POSITIVE_INFINITY } });
  expect(() => decodePeerMessage(bytes)).toThrow(MalformedMessage);
});
