import type { Instance, Options } from "simple-peer";
// The package's own bundle: its other entry needs Node's `events`, `util` and `process`, which pages do not have.
import SimplePeer from "simple-peer/simplepeer.min.js";
import type { Connector, ConnectorEvents, IceServer } from "./connector.ts";
import type { Channel } from "./link.ts";

/** Both ends open the gradient channel under this number, so that it needs no negotiation. */
const GRADIENT_CHANNEL_ID = 100;

/** simple-peer keeps its connection private; the gradient channel is the one thing that needs it. */
interface WithConnection {
  readonly _pc: { createDataChannel(label: string, options: { negotiated: true; id: number; ordered: true }): Channel };
}

/** Connections by simple-peer. `wrtc` is needed where there is no built-in WebRTC. */
export class SimplePeerConnector implements Connector {
  readonly #connections = new Map<number, Instance>();
  readonly #early = new Map<number, object[]>();
  readonly #events: ConnectorEvents;
  readonly #wrtc: Options["wrtc"];

  constructor(events: ConnectorEvents, wrtc?: Options["wrtc"]) {
    this.#events = events;
    this.#wrtc = wrtc;
  }

  connect(peer: number, initiator: boolean, iceServers: readonly IceServer[]): void {
    const config = {
      iceServers: iceServers.map(({ urls, username, credential }) => ({
        urls,
        ...(username && { username }),
        ...(credential && { credential }),
      })),
    };
    const connection = new SimplePeer({ initiator, config, ...(this.#wrtc !== undefined && { wrtc: this.#wrtc }) });
    const { _pc } = connection as unknown as WithConnection;
    // In the same task as the connection: only then may the channel be handed over to a worker.
    const channel = _pc.createDataChannel("gradients", { negotiated: true, id: GRADIENT_CHANNEL_ID, ordered: true });
    this.#connections.set(peer, connection);
    connection.on("signal", (signal) => this.#events.onSignal(peer, signal));
    connection.on("connect", () => this.#events.onConnected(peer));
    connection.on("error", (error) => this.#fail(peer, connection, error.message));
    connection.on("close", () => this.#fail(peer, connection, "the connection was closed"));
    this.#events.onChannel(peer, channel);
    for (const signal of this.#early.get(peer) ?? []) connection.signal(signal as never);
    this.#early.delete(peer);
  }

  /** The other side's offer may be here before the coordinator's word to connect. */
  signal(peer: number, signal: object): void {
    const connection = this.#connections.get(peer);
    if (connection === undefined) this.#early.set(peer, [...(this.#early.get(peer) ?? []), signal]);
    else if (!connection.destroyed) connection.signal(signal as never);
  }

  disconnect(peer: number): void {
    const connection = this.#connections.get(peer);
    this.#connections.delete(peer);
    this.#early.delete(peer);
    connection?.destroy();
  }

  #fail(peer: number, connection: Instance, why: string): void {
    if (this.#connections.get(peer) !== connection) return;
    this.#connections.delete(peer);
    this.#events.onFailed(peer, why);
  }
}
