import { proxy, transfer, wrap } from "comlink";
import { serveConnector } from "../link/connectorPort.ts";
import { SimplePeerConnector } from "../link/simplePeerConnector.ts";
import type { SessionWorker } from "./sessionWorker.ts";
import type { PeerControls } from "./status.ts";

/** Starts the session worker of this page, and lends it the page's connections. */
export function connectSession(): PeerControls {
  const worker = new Worker(new URL("./sessionWorker.ts", import.meta.url), { type: "module" });
  const session = wrap<SessionWorker>(worker);
  const broken = new Promise<never>((_, reject) => {
    worker.onerror = ({ message }) => reject(new Error(`the session worker of this page failed: ${message || "it could not be loaded"}`));
  });
  broken.catch(() => undefined); // heard of by whoever joins
  return {
    join: async (options, onStatus) => {
      const { port1, port2 } = new MessageChannel();
      serveConnector(port1, (events) => new SimplePeerConnector(events));
      await Promise.race([session.join(options, describeDevice(), transfer(port2, [port2]), proxy(onStatus)), broken]);
    },
    leave: () => session.leave(),
    setHidden: (hidden) => session.setHidden(hidden),
  };
}

/** "Chromium 156 on Linux, 8 cores", as far as the browser says so. */
function describeDevice(): string {
  const agent = navigator.userAgent;
  const browser = /(Firefox|Edg|OPR|Chrome|Version)\/(\d+)/.exec(agent);
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera", Version: "Safari" };
  const name = browser === null ? "Browser" : `${names[browser[1] ?? ""] ?? browser[1]} ${browser[2]}`;
  const system =
    ["Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux"].find((known) => agent.includes(known)) ?? "unknown system";
  return `${name} on ${system.replace("Mac OS X", "macOS").replace("CrOS", "ChromeOS")}, ${navigator.hardwareConcurrency} cores`;
}
