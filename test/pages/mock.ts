import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { type WebSocket, WebSocketServer } from "ws";
import { paths } from "../../coordinator/protocol/paths.ts";
import type { MockOptions } from "./mockRun.ts";
import { MockRun } from "./mockRun.ts";

const CONTENT_TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** A coordinator that only plays: it serves built pages and tells dashboards of a made-up run. */
export interface MockCoordinator {
  readonly origin: string;
  /** Lets the run go on by so many steps, in one update to every dashboard. */
  advance(steps: number): void;
  /** Ends every connection and refuses new ones, or takes them again. */
  setReachable(reachable: boolean): void;
  close(): Promise<void>;
}

export async function startMock(pages: string, options: MockOptions, port = 0): Promise<MockCoordinator> {
  const run = new MockRun(options);
  const server = createServer((request, response) => void serve(pages, new URL(request.url ?? "/", "http://mock").pathname, response));
  const sockets = new WebSocketServer({ noServer: true });
  const dashboards = new Set<WebSocket>();
  let reachable = true;
  server.on("upgrade", (request, socket, head) => {
    if (!reachable || request.url !== paths.events) return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (dashboard) => {
      dashboards.add(dashboard);
      dashboard.on("close", () => dashboards.delete(dashboard));
      dashboard.send(JSON.stringify(run.snapshot()));
    });
  });
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    advance(steps) {
      const update = JSON.stringify(run.next(steps));
      for (const dashboard of dashboards) dashboard.send(update);
    },
    setReachable(now) {
      reachable = now;
      if (!now) for (const dashboard of dashboards) dashboard.terminate();
    },
    close: () =>
      new Promise((closed) => {
        for (const dashboard of dashboards) dashboard.terminate();
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function serve(pages: string, path: string, response: ServerResponse): Promise<void> {
  const name = path === paths.dashboard ? "index.html" : path === paths.join ? "join.html" : normalize(path).slice(1);
  try {
    const content = await readFile(join(pages, name));
    response.writeHead(200, { "content-type": CONTENT_TYPES[extname(name)] ?? "application/octet-stream" }).end(content);
  } catch {
    response.writeHead(404).end(`no file ${name}`);
  }
}
