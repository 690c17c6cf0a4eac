import { Hono } from "hono";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { listen } from "../../../coordinator/http/listen.ts";
import { UserError } from "../../../coordinator/options/userError.ts";

const app = new Hono().get("/", (context) => context.text("here"));

async function start(port = 0) {
  const listening = await listen({ app, host: "127.0.0.1", port });
  onTestFinished(listening.close);
  return listening;
}

test("port 0 takes a free port and says which", async () => {
  const { port } = await start();
  expect(port).toBeGreaterThan(0);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("here");
});

test("a taken port is named, with a way out", async () => {
  const { port } = await start();
  const error = await listen({ app, host: "127.0.0.1", port }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).message).toMatch(
    new RegExp(
      `^Port ${port} of 127\\.0\\.0\\.1 is taken: another program.* choose another port with --port \\d+, or any free one with --port 0\\.$`,
    ),
  );
});

test("a host that is not this machine is refused", async () => {
  // 192.0.2.0/24 is reserved for documentation: no machine has it.
  await expect(listen({ app, host: "192.0.2.1", port: 0 })).rejects.toThrow(
    /^192\.0\.2\.1 is not an address of this machine\. Use --host 127\.0\.0\.1/,
  );
});

test("after close the port is free, even with a connection open", async () => {
  const { port, close } = await start();
  await fetch(`http://127.0.0.1:${port}/`); // kept alive by the client
  await close();
  await expect(start(port)).resolves.toMatchObject({ port });
});

test("WebSockets attach to the server's upgrades", async () => {
  const { server, port } = await start();
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (each) => each.send(`hello ${request.url}`));
  });
  const client = new WebSocket(`ws://127.0.0.1:${port}/peer`);
  const greeting = await new Promise((resolve) => client.once("message", (data) => resolve(String(data))));
  client.terminate();
  expect(greeting).toBe("hello /peer");
});
