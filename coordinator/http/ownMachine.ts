import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/** Of a request: who made it, and under which name of this server. */
export interface Visitor {
  readonly remoteAddress?: string | undefined;
  readonly localAddress?: string | undefined;
  readonly headers: IncomingMessage["headers"];
}

/** What a reverse proxy says of whom it asks for. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/**
 * Whether a request was made on this machine, by a page of this server: then it may be told the join link, which lets anybody take part.
 * A page of the web that has its own name point to this machine (DNS rebinding) gives itself away by that name, and a proxy by what it
 * adds to the request.
 */
export function isOnThisMachine({ remoteAddress, localAddress, headers }: Visitor): boolean {
  const own = remoteAddress !== undefined && (isLoopback(remoteAddress) || remoteAddress === localAddress);
  return own && FORWARDED.every((name) => headers[name] === undefined) && isPlainName(headers.host ?? "");
}

export const visitorOf = ({ socket, headers }: IncomingMessage): Visitor => ({
  remoteAddress: socket.remoteAddress,
  localAddress: socket.localAddress,
  headers,
});

const isLoopback = (address: string): boolean => address === "::1" || /^(?:::ffff:)?127\./.test(address);

/** A name that nobody else can have point here: an address itself, or `localhost`. */
function isPlainName(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, "").replace(/^\[(.*)\]$/, "$1");
  return name === "localhost" || isIP(name) !== 0;
}
