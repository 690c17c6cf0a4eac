/** A way to send bytes to one other peer; ordered and reliable while it lasts. */
export interface Link {
  send(bytes: Uint8Array): void;
  /** Whether nothing that was sent waits for its turn. */
  readonly idle: boolean;
  close(): void;
}

/** The part of an RTCDataChannel that gradients need; the same in a page, in a worker and in Node. */
export interface Channel {
  binaryType: string;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  readonly readyState: string;
  onopen: ((event: never) => void) | null;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export interface LinkEvents {
  readonly onBytes: (bytes: Uint8Array) => void;
  /** The other side has taken something, and nothing waits. */
  readonly onDrained: () => void;
  readonly onClosed: (why: string) => void;
}
