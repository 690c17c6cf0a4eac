import type { ComputeWorker } from "../compute/computeWorker.ts";
import type { Connector, ConnectorEvents } from "../link/connector.ts";

/** The part of a WebSocket that a peer needs; pages have one built in, Node brings its own. */
export interface Socket {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  /** A failure is told here first; `onclose` always follows. */
  onerror: ((event: never) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

/** What a peer needs of the place it runs in: a tab, or Node. */
export interface Platform {
  readonly kind: "tab" | "node";
  /** In words, e.g. "Chromium 156, 8 cores". */
  readonly device: string;
  readonly openSocket: (url: string) => Socket;
  readonly createConnector: (events: ConnectorEvents) => Connector;
  readonly createComputeWorker: () => Promise<ComputeWorker>;
  /** Ends the compute workers. */
  readonly dispose: () => void;
  /** Whether this engine fuses multiply and add. */
  readonly fused: boolean;
  /** Milliseconds from any beginning. */
  readonly now: () => number;
}
