import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { isOnThisMachine, visitorOf } from "../http/ownMachine.ts";
import { isOwnOrigin } from "../http/securityHeaders.ts";
import { MAX_MESSAGE_BYTES } from "../protocol/codec.ts";
import { paths } from "../protocol/paths.ts";

/** Dashboards only listen. */
const MAX_DASHBOARD_MESSAGE_BYTES = 1024;

const FORBIDDEN = "HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\nOnly this coordinator's own pages may connect.\n";

interface Receivers {
  acceptPeer(socket: WebSocket): void;
  /** `showsLink`: its reader is at this machine and may see the join link. */
  acceptDashboard(socket: WebSocket, showsLink: boolean): void;
}

/** Hands the WebSockets of peers and dashboards on. What asks for anything else loses its own connection, and nobody notices. */
export function acceptSockets(server: Server, receivers: Receivers): void {
  const peers = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const dashboards = new WebSocketServer({ noServer: true, maxPayload: MAX_DASHBOARD_MESSAGE_BYTES, perMessageDeflate: true });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy()); // Node has taken its own listener away
    const { origin, host } = request.headers;
    const showsLink = isOnThisMachine(visitorOf(request));
    const path = pathOf(request.url ?? "/");
    if (!isOwnOrigin({ origin, host })) socket.once("finish", () => socket.destroy()).end(FORBIDDEN);
    else if (path === paths.peer) peers.handleUpgrade(request, socket, head, (client) => receivers.acceptPeer(client));
    else if (path === paths.events)
      dashboards.handleUpgrade(request, socket, head, (client) => receivers.acceptDashboard(client, showsLink));
    else socket.destroy();
  });
}

/** Of what a client wrote in its first line, which need not be an address: `//` is none. */
function pathOf(target: string): string | undefined {
  const base = "http://coordinator";
  return URL.canParse(target, base) ? new URL(target, base).pathname : undefined;
}
