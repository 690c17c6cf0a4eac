import { decodeCoordinatorMessage, encodeMessage } from "../../coordinator/protocol/codec.ts";
import { seal, unseal } from "../../coordinator/protocol/envelope.ts";
import type { CoordinatorMessage, PeerMessage } from "../../coordinator/protocol/messages.ts";
import type { Socket } from "./platform.ts";

export interface ConnectionEvents {
  readonly onMessage: (message: CoordinatorMessage) => void;
  readonly onRelayed: (peer: number, bytes: Uint8Array) => void;
  readonly onClosed: (why: string) => void;
}

/** A socket that does not open within this time is given up. */
const OPEN_DEADLINE_MS = 15_000;

/** The WebSocket to the coordinator: control messages, and frames for peers that cannot be reached directly. */
export class CoordinatorConnection {
  readonly #socket: Socket;
  readonly #opened: Promise<void>;

  constructor(socket: Socket, events: ConnectionEvents) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      const envelope = unseal(new Uint8Array(data as ArrayBuffer));
      if (envelope.kind === "control") events.onMessage(decodeCoordinatorMessage(envelope.body));
      else events.onRelayed(envelope.peer, envelope.body);
    };
    this.#opened = new Promise((resolve, reject) => {
      const deadline = setTimeout(
        () => reject(new Error(`the coordinator did not answer within ${OPEN_DEADLINE_MS / 1000} s`)),
        OPEN_DEADLINE_MS,
      );
      socket.onopen = () => {
        clearTimeout(deadline);
        resolve();
      };
      socket.onerror = () => clearTimeout(deadline);
      socket.onclose = ({ reason, code }) => {
        clearTimeout(deadline);
        const why = reason === "" ? `the connection to the coordinator was lost (code ${code})` : reason;
        reject(new Error(why));
        events.onClosed(why);
      };
    });
  }

  /** Resolves when the socket is open; rejects when it cannot be opened. */
  opened(): Promise<void> {
    return this.#opened;
  }

  tell(message: PeerMessage): void {
    this.#socket.send(seal({ kind: "control", body: encodeMessage(message) }) as Uint8Array<ArrayBuffer>);
  }

  relay(peer: number, bytes: Uint8Array): void {
    this.#socket.send(seal({ kind: "relay", peer, body: bytes }) as Uint8Array<ArrayBuffer>);
  }

  close(reason: string): void {
    this.#socket.onclose = null;
    this.#socket.close(1000, reason);
  }
}
