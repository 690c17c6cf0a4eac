import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { decodeCoordinatorMessage, encodeMessage } from "../../coordinator/protocol/codec.ts";
import { seal, unseal } from "../../coordinator/protocol/envelope.ts";
import { closeReason } from "../../coordinator/run/closeReason.ts";
import { PeerSockets } from "../../coordinator/run/peerSockets.ts";
import { helloOf } from "./membershipScene.ts";

const SENTENCES = {
  ascii: "the state that was shown has another hash than the journal's; ".repeat(4),
  Cyrillic: "Котёнок молчал одиннадцать секунд и ещё немного, потому что так вышло. ".repeat(4),
  Chinese: "小明".repeat(100),
  emoji: "🦉".repeat(100),
  mixed: `a${"🦉é小".repeat(40)}`,
  "a half of a pair": "\ud83e".repeat(100),
};

test.each(Object.entries(SENTENCES))("WS2 a reason in %s is cut to 123 bytes, after a whole character", (_what, sentence) => {
  const kept = closeReason(sentence);
  const next = [...sentence].at([...kept].length) ?? "";
  expect(sentence.startsWith(kept)).toBe(true);
  expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(123);
  expect(Buffer.byteLength(kept + next)).toBeGreaterThan(123);
});

test("WS2 a reason that fits is said as it is", () => {
  expect(closeReason("é".repeat(61))).toBe("é".repeat(61));
  expect(closeReason("")).toBe("");
});

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
afterAll(() => server.close());

/** A peer's end of a connection that has said hello. */
async function connected(): Promise<{ readonly sockets: PeerSockets; readonly socket: WebSocket }> {
  const hello = new Promise<PeerSockets>((said) => {
    const sockets = new PeerSockets("token", {
      onHello: (_hello, attach) => {
        attach(1);
        said(sockets);
      },
      onMessage: () => undefined,
      onClosed: () => undefined,
    });
    server.once("connection", (accepted) => sockets.accept(accepted));
  });
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(socket, "open");
  socket.send(seal({ kind: "control", body: encodeMessage(helloOf("Käuzchen 🦉")) }));
  return { sockets: await hello, socket };
}

test.each(Object.entries(SENTENCES))("WS2 a peer is dropped, or refused, for a long reason in %s", async (_what, sentence) => {
  for (const end of ["drop", "refuse", "closeAll"] as const) {
    const { sockets, socket } = await connected();
    onTestFinished(() => socket.terminate());
    const refused = end === "refuse" ? once(socket, "message") : undefined;
    const closed = once(socket, "close");
    if (end === "drop") sockets.drop(1, sentence);
    else if (end === "refuse") sockets.refuse(1, "self-test", sentence);
    else sockets.closeAll(sentence);
    const [, reason] = (await closed) as [number, Buffer];
    expect(reason.toString()).toBe(Buffer.from(closeReason(sentence)).toString());
    if (refused === undefined) continue;
    const [bytes] = (await refused) as [Buffer];
    const envelope = unseal(bytes);
    expect(decodeCoordinatorMessage(envelope.body)).toMatchObject({ type: "refused", reason: "self-test" });
  }
});
