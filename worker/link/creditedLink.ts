import type { Channel, Link, LinkEvents } from "./link.ts";

/**
 * Bytes that may be under way. `bufferedAmount` cannot bound them: it does not count what SCTP has taken over, whose slow start then
 * overruns the browser's own queue and stalls on retransmission. With a window of this size nothing is lost and links stay full.
 */
const WINDOW_BYTES = 256 * 1024;

/** The receiver tells how much it has taken each time so many bytes have come. */
const CREDIT_INTERVAL_BYTES = 32 * 1024;

/** A credit is one f64: all bytes that the sender of the credit has received so far. Frames are always longer. */
const CREDIT_BYTES = 8;

/** A data channel with receiver credit: sends at once what fits in the window, keeps the rest in order. */
export class CreditedLink implements Link {
  readonly #channel: Channel;
  readonly #queue: Uint8Array<ArrayBuffer>[] = [];
  #sent = 0;
  #credited = 0;
  #received = 0;
  #acknowledged = 0;

  constructor(channel: Channel, events: LinkEvents) {
    this.#channel = channel;
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }) => this.#receive(new Uint8Array(data as ArrayBuffer), events);
    channel.onopen = () => this.#drain();
    channel.onclose = () => events.onClosed("the data channel was closed");
    channel.onerror = () => events.onClosed("the data channel failed");
  }

  /** Bytes that wait for credit. */
  get queuedBytes(): number {
    return this.#queue.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#queue.push(bytes);
    this.#drain();
  }

  close(): void {
    this.#channel.onclose = null;
    this.#channel.onerror = null;
    this.#channel.onmessage = null;
    this.#channel.close();
  }

  #drain(): void {
    while (this.#channel.readyState === "open") {
      const next = this.#queue[0];
      const underWay = this.#sent - this.#credited;
      if (next === undefined || (underWay > 0 && underWay + next.length > WINDOW_BYTES)) return;
      this.#queue.shift();
      this.#sent += next.length;
      this.#transmit(next);
    }
  }

  /**
   * The other side may close the channel between the look at its state and the sending. `onclose` follows, and everything that the two
   * still owe each other is sent again over the relay.
   */
  #transmit(bytes: Uint8Array<ArrayBuffer>): void {
    try {
      this.#channel.send(bytes);
    } catch (error) {
      if (!(error instanceof Error || error instanceof DOMException) || error.name !== "InvalidStateError") throw error;
    }
  }

  #receive(bytes: Uint8Array, events: LinkEvents): void {
    if (bytes.length === CREDIT_BYTES) {
      this.#credited = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
      this.#drain();
      return;
    }
    this.#received += bytes.length;
    if (this.#received - this.#acknowledged >= CREDIT_INTERVAL_BYTES) this.#acknowledge();
    events.onBytes(bytes);
  }

  #acknowledge(): void {
    this.#acknowledged = this.#received;
    const credit = new Uint8Array(CREDIT_BYTES);
    new DataView(credit.buffer).setFloat64(0, this.#received, true);
    if (this.#channel.readyState === "open") this.#transmit(credit);
  }
}
