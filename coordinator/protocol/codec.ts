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

const peerMessages = byType(peerMessageSchema);
const coordinatorMessages = byType(coordinatorMessageSchema);

export const decodePeerMessage = (bytes: Uint8Array): PeerMessage => decode(peerMessages, bytes);

export const decodeCoordinatorMessage = (bytes: Uint8Array): CoordinatorMessage => decode(coordinatorMessages, bytes);

type Member<M> = v.GenericSchema<unknown, M> & { readonly entries: { readonly type: { readonly literal: string } } };

/** A union of messages, and each of them by its type: a union alone would try one after the other. */
interface Union<M> {
  readonly union: v.GenericSchema<unknown, M>;
  readonly members: ReadonlyMap<unknown, v.GenericSchema<unknown, M>>;
}

function byType<M>(union: v.GenericSchema<unknown, M> & { readonly options: readonly Member<M>[] }): Union<M> {
  return { union, members: new Map(union.options.map((member) => [member.entries.type.literal, member])) };
}

function decode<M>({ union, members }: Union<M>, bytes: Uint8Array): M {
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new MalformedMessage(`a message has at most ${MAX_MESSAGE_BYTES} bytes, this one has ${bytes.length}`);
  }
  const message = unpack(bytes);
  const result = v.safeParse(members.get(typeOf(message)) ?? union, message);
  if (!result.success) throw new MalformedMessage(describe(result.issues[0]));
  return result.output;
}

const typeOf = (message: unknown): unknown =>
  typeof message === "object" && message !== null && "type" in message ? message.type : undefined;

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
