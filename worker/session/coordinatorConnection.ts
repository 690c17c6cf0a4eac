import { decodeCoordinatorMessage, encodeMessage } from "../../coordinator/protocol/codec.ts";
import { seal, unseal } from "../../coordinator/protocol/envelope.ts";
import type { CoordinatorMessage, PeerMessage } from "../../coordinator/protocol/messages.ts";
import type { Socket } from "./platform.ts";

export interface ConnectionEvents {
  readonly onMessage: (message: CoordinatorMessage) => void;
  readonly onRelayed: (peer: number, bytes: Uint8Array) => void;
  /** `sentAway`: the coordinator has closed it, and said why. */
  readonly onClosed: (why: string, sentAway: boolean) => void;
}

/** A socket that does not open within this time is given up. */
const OPEN_DEADLINE_MS = 15_000;

/**
 * The coordinator says something every second (`swarm`); a socket over which nothing has come for so many of them carries nothing any
 * more, though it may look open for minutes. Seconds of this peer's timer are counted, so that one that was frozen does not blame others.
 */
const TICK_MS = 1000;
const MOST_SILENT_TICKS = 20;

/** The WebSocket to the coordinator: control messages, and frames for peers that cannot be reached directly. */
export class CoordinatorConnection {
  readonly #socket: Socket;
  readonly #opened: Promise<void>;
  #silentTicks = 0;
  #listening: ReturnType<typeof setInterval> | undefined;

  constructor(socket: Socket, events: ConnectionEvents) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.#silentTicks = 0;
      const envelope = unseal(new Uint8Array(data as ArrayBuffer));
      if (envelope.kind === "control") events.onMessage(decodeCoordinatorMessage(envelope.body));
      else events.onRelayed(envelope.peer, envelope.body);
    };
    this.#opened = new Promise((resolve, reject) => {
      const lost = (why: string, sentAway = false) => {
        clearTimeout(deadline);
        clearInterval(this.#listening);
        reject(new Error(why));
        events.onClosed(why, sentAway);
      };
      const deadline = setTimeout(() => {
        const why = `the coordinator did not answer within ${OPEN_DEADLINE_MS / 1000} s`;
        this.close(why);
        lost(why);
      }, OPEN_DEADLINE_MS);
      socket.onopen = () => {
        clearTimeout(deadline);
        this.#listening = setInterval(() => this.#listen(events), TICK_MS);
        resolve();
      };
      socket.onerror = () => clearTimeout(deadline);
      socket.onclose = ({ reason, code }) =>
        lost(reason === "" ? `the connection to the coordinator was lost (code ${code})` : reason, reason !== "");
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
    clearInterval(this.#listening);
    this.#socket.onclose = null;
    this.#socket.close(1000, reason);
  }

  #listen(events: ConnectionEvents): void {
    this.#silentTicks++;
    if (this.#silentTicks < MOST_SILENT_TICKS) return;
    const why = `nothing has come from the coordinator for ${(MOST_SILENT_TICKS * TICK_MS) / 1000} s`;
    this.close(why); // its own closing handshake would not be answered either
    events.onClosed(why, false);
  }
}
