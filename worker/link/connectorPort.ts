import type { Connector, ConnectorEvents, IceServer } from "./connector.ts";
import type { Channel } from "./link.ts";
import { PortChannel, pump } from "./portChannel.ts";

/**
 * Connections exist on a page's main thread only; the session lives in a worker, where no timer is slowed down and no page work gets
 * in the way. Over a MessagePort the worker asks for connections, and gets their data channels handed over.
 */
type ConnectorRequest =
  | { readonly type: "connect"; readonly peer: number; readonly initiator: boolean; readonly iceServers: readonly IceServer[] }
  | { readonly type: "signal"; readonly peer: number; readonly signal: object }
  | { readonly type: "disconnect"; readonly peer: number };

type ConnectorNews =
  | { readonly type: "signal"; readonly peer: number; readonly signal: object }
  | { readonly type: "channel"; readonly peer: number; readonly channel: Channel }
  | { readonly type: "pumped"; readonly peer: number; readonly port: MessagePort }
  | { readonly type: "connected"; readonly peer: number }
  | { readonly type: "failed"; readonly peer: number; readonly why: string };

/** On the main thread: does what the worker asks. */
export function serveConnector(port: MessagePort, create: (events: ConnectorEvents) => Connector): void {
  const tell = (news: ConnectorNews, transfer: Transferable[] = []) => port.postMessage(news, transfer);
  const connector = create({
    onSignal: (peer, signal) => tell({ type: "signal", peer, signal }),
    onChannel: (peer, channel) => handOver(peer, channel, tell),
    onConnected: (peer) => tell({ type: "connected", peer }),
    onFailed: (peer, why) => tell({ type: "failed", peer, why }),
  });
  port.onmessage = ({ data }: MessageEvent<ConnectorRequest>) => {
    if (data.type === "connect") connector.connect(data.peer, data.initiator, data.iceServers);
    else if (data.type === "signal") connector.signal(data.peer, data.signal);
    else connector.disconnect(data.peer);
  };
}

/** Browsers without transferable data channels (Firefox 140 and before) keep the channel here, and its messages are passed on. */
function handOver(peer: number, channel: Channel, tell: (news: ConnectorNews, transfer: Transferable[]) => void): void {
  try {
    tell({ type: "channel", peer, channel }, [channel as unknown as Transferable]);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    const { port1, port2 } = new MessageChannel();
    pump(channel, port1);
    tell({ type: "pumped", peer, port: port2 }, [port2]);
  }
}

/** In the worker: a connector like any other. */
export class RemoteConnector implements Connector {
  readonly #port: MessagePort;

  constructor(port: MessagePort, events: ConnectorEvents) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<ConnectorNews>) => {
      if (data.type === "signal") events.onSignal(data.peer, data.signal);
      else if (data.type === "channel") events.onChannel(data.peer, data.channel);
      else if (data.type === "pumped") events.onChannel(data.peer, new PortChannel(data.port));
      else if (data.type === "connected") events.onConnected(data.peer);
      else events.onFailed(data.peer, data.why);
    };
  }

  connect(peer: number, initiator: boolean, iceServers: readonly IceServer[]): void {
    this.#ask({ type: "connect", peer, initiator, iceServers });
  }

  signal(peer: number, signal: object): void {
    this.#ask({ type: "signal", peer, signal });
  }

  disconnect(peer: number): void {
    this.#ask({ type: "disconnect", peer });
  }

  #ask(request: ConnectorRequest): void {
    this.#port.postMessage(request);
  }
}
