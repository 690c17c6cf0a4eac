import type { Channel } from "./link.ts";

export interface IceServer {
  readonly urls: string;
  readonly username?: string | undefined;
  readonly credential?: string | undefined;
}

/** Makes data channels to other peers; where it lives depends on the platform (connections exist on a page's main thread only). */
export interface Connector {
  connect(peer: number, initiator: boolean, iceServers: readonly IceServer[]): void;
  /** Something that the other side's connector said, by way of the coordinator. */
  signal(peer: number, signal: object): void;
  disconnect(peer: number): void;
}

export interface ConnectorEvents {
  readonly onSignal: (peer: number, signal: object) => void;
  /** The channel that carries gradients; it may still be opening. */
  readonly onChannel: (peer: number, channel: Channel) => void;
  /** Both ends hear each other. */
  readonly onConnected: (peer: number) => void;
  readonly onFailed: (peer: number, why: string) => void;
}
