import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { acceptSockets } from "../../coordinator/run/acceptSockets.ts";
import { rawRequest } from "../coordinator/http/rawRequest.ts";

/** A server that notes whose WebSocket was taken. */
async function serve() {
  const taken: string[] = [];
  const server = createServer();
  acceptSockets(server, {
    acceptPeer: () => taken.push("peer"),
    acceptDashboard: (_, showsLink) => taken.push(showsLink ? "dashboard, here" : "dashboard, elsewhere"),
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, taken, port: (server.address() as AddressInfo).port };
}

const upgrade = (target: string, ...headers: string[]): string =>
  [`GET ${target} HTTP/1.1`, "Host: a", "Connection: Upgrade", "Upgrade: websocket", ...headers, "", ""].join("\r\n");

async function open(port: number, path: string, headers: Record<string, string> = {}): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
}

test("WS1 peers and dashboards are told apart by the path", async () => {
  const { port, taken } = await serve();
  await open(port, "/peer");
  await open(port, "/api/events?a=b");
  expect(taken).toEqual(["peer", "dashboard, here"]);
});

test.each(["//", "//%", "http://[", "/elsewhere", "*", "/peer/"])(
  "WS1 an upgrade of %s ends its own connection, and nobody else's",
  async (target) => {
    const { port, taken } = await serve();
    expect(await rawRequest(port, upgrade(target))).toBe("");
    await open(port, "/peer");
    expect(taken).toEqual(["peer"]);
  },
);

test("WS1 who is refused for its origin and hangs up at once, harms nobody", async () => {
  const { port, server, taken } = await serve();
  for (let i = 0; i < 20; i++) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    const [came, closed] = [once(server, "upgrade"), once(socket, "close")];
    socket.write(upgrade("/peer", "Origin: http://elsewhere"), () => socket.resetAndDestroy());
    const [, raw] = await came;
    raw.destroy(new Error("the connection was reset")); // as the system says it, at whatever moment
    await closed;
  }
  await open(port, "/peer");
  expect(taken).toEqual(["peer"]);
});

test("WS1 a page of another server is told so", async () => {
  const { port } = await serve();
  const answer = await rawRequest(port, upgrade("/peer", "Origin: http://elsewhere"));
  expect(answer).toContain("HTTP/1.1 403 Forbidden\r\n");
  expect(answer).toContain("Only this coordinator's own pages may connect.");
});

test("WS5 a dashboard on another machine is told apart, also behind a proxy here", async () => {
  const { port, taken } = await serve();
  await open(port, "/api/events", { "x-forwarded-for": "203.0.113.7" });
  await open(port, "/api/events", { host: "evil.example" });
  expect(taken).toEqual(["dashboard, elsewhere", "dashboard, elsewhere"]);
});
