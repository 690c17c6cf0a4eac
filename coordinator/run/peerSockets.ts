import { timingSafeEqual } from "node:crypto";
import type { RawData, WebSocket } from "ws";
import { decodePeerMessage, encodeMessage, MalformedMessage } from "../protocol/codec.ts";
import { seal, unseal } from "../protocol/envelope.ts";
import type { CoordinatorMessage, Hello, PeerMessage, RefusalReason } from "../protocol/messages.ts";
import type { PeerId } from "../protocol/view.ts";
import { closeReason } from "./closeReason.ts";

/** Who has not said hello by then is no peer. */
const HELLO_DEADLINE_MS = 10_000;

/**
 * A peer that takes the bytes meant for it so slowly is dropped before they fill the memory. Whoever has no direct link is owed what two
 * rounds exchange, contributions and reduced slices: for the largest model, vgg19 with 20 million parameters of 22 bits, 4 × 55 MB.
 */
const MAX_BUFFERED_BYTES = 256 * 1024 * 1024;

export interface PeerSocketEvents {
  /** Returns the number that the newcomer got, before anything is sent to it. */
  readonly onHello: (hello: Hello, attach: (peer: PeerId) => void) => void;
  readonly onMessage: (peer: PeerId, message: Exclude<PeerMessage, Hello>) => void;
  readonly onClosed: (peer: PeerId, why: string) => void;
}

/** The WebSockets of all peers. What is malformed ends its own connection, with the reason, and nobody else's. */
export class PeerSockets {
  readonly #sockets = new Map<PeerId, WebSocket>();
  readonly #events: PeerSocketEvents;
  readonly #token: string;

  constructor(token: string, events: PeerSocketEvents) {
    this.#token = token;
    this.#events = events;
  }

  accept(socket: WebSocket): void {
    let peer: PeerId | undefined;
    const deadline = setTimeout(() => socket.close(4000, "no hello within 10 s"), HELLO_DEADLINE_MS);
    const attach = (id: PeerId) => {
      peer = id;
      this.#sockets.set(id, socket);
    };
    socket.binaryType = "nodebuffer";
    socket.on("message", (data) => {
      try {
        const first = this.#receive(peer, bytesOf(data));
        if (first === undefined) return;
        clearTimeout(deadline);
        if (sameToken(first.token, this.#token)) this.#events.onHello(first, attach);
        else refuse(socket, "token", "the join link is not (or no longer) valid: ask for the link that the coordinator shows now");
      } catch (error) {
        if (!(error instanceof MalformedMessage)) throw error;
        refuse(socket, "malformed", error.message);
      }
    });
    socket.on("close", (_code, reason) => {
      clearTimeout(deadline);
      if (peer === undefined || this.#sockets.get(peer) !== socket) return;
      this.#sockets.delete(peer);
      this.#events.onClosed(peer, reason.length > 0 ? reason.toString() : "left without a word");
    });
    socket.on("error", () => socket.terminate());
  }

  send(peer: PeerId, message: CoordinatorMessage): void {
    this.#deliver(peer, seal({ kind: "control", body: encodeMessage(message) }));
  }

  /** One message after the other, each when the system has taken the one before: a state is larger than what may wait for a peer. */
  sendInTurn(peer: PeerId, messages: readonly CoordinatorMessage[]): void {
    const socket = this.#sockets.get(peer);
    const rest = messages.values();
    const next = (): void => {
      const { value } = rest.next();
      if (value === undefined || socket === undefined || this.#sockets.get(peer) !== socket) return;
      socket.send(seal({ kind: "control", body: encodeMessage(value) }), (failed) => failed ?? next()); // what failed, its close says
    };
    next();
  }

  refuse(peer: PeerId, reason: RefusalReason, sentence: string): void {
    const socket = this.#sockets.get(peer);
    if (socket !== undefined) refuse(socket, reason, sentence);
  }

  drop(peer: PeerId, sentence: string): void {
    const socket = this.#sockets.get(peer);
    if (socket === undefined) return;
    socket.close(4001, closeReason(sentence));
    // A frozen tab never answers the closing handshake: to everyone else it is gone now.
    this.#sockets.delete(peer);
    this.#events.onClosed(peer, sentence);
    setTimeout(() => socket.terminate(), 1000).unref();
  }

  closeAll(reason: string): void {
    for (const socket of this.#sockets.values()) socket.close(1001, closeReason(reason));
  }

  #deliver(peer: PeerId, bytes: Uint8Array): void {
    const socket = this.#sockets.get(peer);
    if (socket === undefined) return;
    if (socket.bufferedAmount + bytes.length <= MAX_BUFFERED_BYTES) socket.send(bytes);
    else this.drop(peer, `took too little of what was sent to it: more than ${MAX_BUFFERED_BYTES / 2 ** 20} MiB wait for it`);
  }

  /** Returns the hello, if that is what came; everything else is handed on. */
  #receive(peer: PeerId | undefined, bytes: Uint8Array): Hello | undefined {
    const envelope = unseal(bytes);
    if (envelope.kind === "relay") {
      if (peer !== undefined) this.#deliver(envelope.peer, seal({ kind: "relay", peer, body: envelope.body }));
      return undefined;
    }
    const message = decodePeerMessage(envelope.body);
    if (message.type === "hello") {
      if (peer !== undefined) throw new MalformedMessage("hello is said once");
      return message;
    }
    if (peer === undefined) throw new MalformedMessage(`the first message is hello, not ${message.type}`);
    this.#events.onMessage(peer, message);
    return undefined;
  }
}

function refuse(socket: WebSocket, reason: RefusalReason, sentence: string): void {
  socket.send(seal({ kind: "control", body: encodeMessage({ type: "refused", reason, sentence: sentence.slice(0, 500) }) }));
  socket.close(4002, closeReason(sentence));
}

const bytesOf = (data: RawData): Uint8Array => (Array.isArray(data) ? Buffer.concat(data) : new Uint8Array(data as Buffer));

function sameToken(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
