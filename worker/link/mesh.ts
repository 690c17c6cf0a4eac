import type { Connector, ConnectorEvents, IceServer } from "./connector.ts";
import { CreditedLink } from "./creditedLink.ts";
import type { Channel, Link } from "./link.ts";

/** A pair that has no direct connection by then is relayed through the coordinator: joining never fails silently. */
const LINK_DEADLINE_MS = 10_000;

type LinkState = "linking" | "direct" | "relayed";

export interface MeshOptions {
  readonly createConnector: (events: ConnectorEvents) => Connector;
  readonly signal: (peer: number, signal: object) => void;
  readonly relay: (peer: number, bytes: Uint8Array) => void;
  readonly onBytes: (peer: number, bytes: Uint8Array) => void;
  readonly onLink: (peer: number, state: "direct" | "relayed" | "lost") => void;
  /** Bytes that waited for a peer have gone. */
  readonly onDrained: () => void;
  readonly after: (milliseconds: number, action: () => void) => void;
}

interface Neighbour {
  state: LinkState;
  link: Link | undefined;
}

/** This peer's links to all others, direct where that is possible. */
export class Mesh {
  readonly #options: MeshOptions;
  readonly #connector: Connector;
  readonly #neighbours = new Map<number, Neighbour>();
  /** Numbers are never used again. */
  readonly #gone = new Set<number>();
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(options: MeshOptions) {
    this.#options = options;
    this.#connector = options.createConnector({
      onSignal: options.signal,
      onChannel: (peer, channel) => this.#adopt(peer, channel),
      onConnected: (peer) => this.#connected(peer),
      onFailed: (peer) => this.#fallBack(peer),
    });
  }

  get bytesSent(): number {
    return this.#bytesSent;
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** How many links are up, and how many there should be. */
  get counts(): { readonly linked: number; readonly wanted: number } {
    const states = [...this.#neighbours.values()].map(({ state }) => state);
    return { linked: states.filter((state) => state !== "linking").length, wanted: states.length };
  }

  connect(peer: number, initiator: boolean, iceServers: readonly IceServer[]): void {
    if (this.#neighbours.has(peer)) return; // asked for again before the coordinator had heard that it is there
    this.#neighbours.set(peer, { state: "linking", link: undefined });
    this.#connector.connect(peer, initiator, iceServers);
    this.#options.after(LINK_DEADLINE_MS, () => {
      if (this.#neighbours.get(peer)?.state === "linking") this.#fallBack(peer);
    });
  }

  signal(peer: number, signal: object): void {
    this.#connector.signal(peer, signal);
  }

  /** Bytes to a peer that is gone are dropped: the next view says what to do instead. To who is no neighbour, the coordinator relays. */
  send(peer: number, bytes: Uint8Array): void {
    if (this.#gone.has(peer)) return;
    const neighbour = this.#neighbours.get(peer);
    this.#bytesSent += bytes.length;
    if (neighbour?.state === "direct" && neighbour.link !== undefined) neighbour.link.send(bytes);
    else this.#options.relay(peer, bytes);
  }

  /** Whether nothing that was sent to this peer still waits for its turn; the coordinator's relay takes all at once. */
  idle(peer: number): boolean {
    return this.#neighbours.get(peer)?.link?.idle ?? true;
  }

  /** Bytes that came by way of the coordinator. */
  receiveRelayed(peer: number, bytes: Uint8Array): void {
    if (!this.#gone.has(peer)) this.#receive(peer, bytes);
  }

  drop(peer: number): void {
    const neighbour = this.#neighbours.get(peer);
    this.#gone.add(peer);
    this.#neighbours.delete(peer);
    neighbour?.link?.close();
    this.#connector.disconnect(peer);
  }

  close(): void {
    for (const peer of [...this.#neighbours.keys()]) this.drop(peer);
  }

  #receive(peer: number, bytes: Uint8Array): void {
    this.#bytesReceived += bytes.length;
    this.#options.onBytes(peer, bytes);
  }

  #adopt(peer: number, channel: Channel): void {
    const neighbour = this.#neighbours.get(peer);
    if (neighbour === undefined) return;
    neighbour.link = new CreditedLink(channel, {
      onBytes: (bytes) => this.#receive(peer, bytes),
      onDrained: this.#options.onDrained,
      onClosed: () => this.#fallBack(peer),
    });
  }

  #connected(peer: number): void {
    const neighbour = this.#neighbours.get(peer);
    if (neighbour === undefined || neighbour.state !== "linking") return;
    neighbour.state = "direct";
    this.#options.onLink(peer, "direct");
  }

  /** No direct connection, or no longer: the coordinator relays. */
  #fallBack(peer: number): void {
    const neighbour = this.#neighbours.get(peer);
    if (neighbour === undefined || neighbour.state === "relayed") return;
    neighbour.link?.close();
    neighbour.link = undefined;
    neighbour.state = "relayed";
    this.#connector.disconnect(peer);
    this.#options.onLink(peer, "relayed");
  }
}
