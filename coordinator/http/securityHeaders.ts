import type { Context } from "hono";
import { secureHeaders } from "hono/secure-headers";

/** A host and port as browsers send them; anything else is not copied into a header. */
const HOST = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/;

/**
 * What the pages may do: their own scripts, workers and WebAssembly, and connections to this server. Workers get the same policy with their script.
 * No HSTS, opener or embedder policy: the pages work on plain HTTP in a LAN, where browsers would complain of them.
 */
export const securityHeaders = () =>
  secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
      workerSrc: ["'self'"],
      // Older Safari and Firefox do not count WebSockets of the same host as 'self'.
      connectSrc: ["'self'", ownHost("ws"), ownHost("wss")],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      fontSrc: ["'self'"],
      manifestSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: "DENY",
    // The join link holds the token.
    referrerPolicy: "no-referrer",
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  });

const ownHost =
  (scheme: "ws" | "wss") =>
  (context: Context): string => {
    const host = context.req.header("host") ?? "";
    return HOST.test(host) ? `${scheme}://${host}` : "'self'";
  };

/**
 * Whether a WebSocket may be opened: browsers let any page of the web connect to any server, and say only which page it was.
 * Programs send no origin.
 */
export function isOwnOrigin(headers: { readonly origin?: string | undefined; readonly host?: string | undefined }): boolean {
  if (headers.origin === undefined) return true;
  return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host;
}
