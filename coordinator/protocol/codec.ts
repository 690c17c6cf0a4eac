import { Packr, Unpackr } from "msgpackr";
import * as v from "valibot";
import { type CoordinatorMessage, coordinatorMessageSchema, type PeerMessage, peerMessageSchema } from "./messages.ts";

/** Larger control messages are refused unread. Gradients do not travel as messages. */
export const MAX_MESSAGE_BYTES = 256 * 1024;

/** A message that is not what the protocol allows; the connection it came over ends with this reason. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}

const packr = new Packr({ useRecords: false, structuredClone: false });
const unpackr = new Unpackr({ useRecords: false, structuredClone: false, mapsAsObjects: true });

export const encodeMessage = (message: PeerMessage | CoordinatorMessage): Uint8Array => packr.pack(message);

export const decodePeerMessage = (bytes: Uint8Array): PeerMessage => decode(peerMessageSchema, bytes);

export const decodeCoordinatorMessage = (bytes: Uint8Array): CoordinatorMessage => decode(coordinatorMessageSchema, bytes);

function decode<T extends v.GenericSchema>(schema: T, bytes: Uint8Array): v.InferOutput<T> {
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new MalformedMessage(`a message has at most ${MAX_MESSAGE_BYTES} bytes, this one has ${bytes.length}`);
  }
  const result = v.safeParse(schema, unpack(bytes));
  if (!result.success) throw new MalformedMessage(describe(result.issues[0]));
  return result.output;
}

function unpack(bytes: Uint8Array): unknown {
  try {
    return unpackr.unpack(bytes);
  } catch (cause) {
    throw new MalformedMessage("the message is not valid MessagePack", { cause });
  }
}

function describe(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map((item) => String(item.key)).join(".") ?? "the message";
  return `${path}: ${issue.message}`;
}
