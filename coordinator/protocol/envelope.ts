import { MalformedMessage } from "./codec.ts";
import type { PeerId } from "./view.ts";

/**
 * What goes over a peer's WebSocket: one tag byte, then a control message (MessagePack), or the number of another peer (u16,
 * little-endian) and a frame that the coordinator hands on unread, for two peers that cannot link directly.
 */
export type Envelope =
  | { readonly kind: "control"; readonly body: Uint8Array }
  | { readonly kind: "relay"; readonly peer: PeerId; readonly body: Uint8Array };

const CONTROL = 0;
const RELAY = 1;
const RELAY_HEADER_BYTES = 3;

export function seal(envelope: Envelope): Uint8Array {
  const header = envelope.kind === "control" ? [CONTROL] : [RELAY, envelope.peer & 0xff, envelope.peer >>> 8];
  const bytes = new Uint8Array(header.length + envelope.body.length);
  bytes.set(header);
  bytes.set(envelope.body, header.length);
  return bytes;
}

/** The body of a relayed frame is copied, so that its words are aligned. */
export function unseal(bytes: Uint8Array): Envelope {
  if (bytes[0] === CONTROL) return { kind: "control", body: bytes.subarray(1) };
  const [low, high] = [bytes[1], bytes[2]];
  if (bytes[0] !== RELAY || low === undefined || high === undefined)
    throw new MalformedMessage("the envelope is neither control nor relay");
  return { kind: "relay", peer: low | (high << 8), body: bytes.slice(RELAY_HEADER_BYTES) };
}
