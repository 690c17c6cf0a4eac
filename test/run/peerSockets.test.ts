import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import type { WebSocket } from "ws";
import { decodeCoordinatorMessage, encodeMessage } from "../../coordinator/protocol/codec.ts";
import { seal, unseal } from "../../coordinator/protocol/envelope.ts";
import type { CoordinatorMessage } from "../../coordinator/protocol/messages.ts";
import { PeerSockets } from "../../coordinator/run/peerSockets.ts";
import { helloOf } from "./membershipScene.ts";

const MIB = 2 ** 20;

/** The coordinator's end of a peer's connection, over which bytes go when they are told to. */
class HeldSocket extends EventEmitter {
  readonly sent: Uint8Array[] = [];
  readonly taken: (() => void)[] = [];
  bufferedAmount = 0;
  closedWith: string | undefined;

  send(bytes: Uint8Array, taken: () => void = () => undefined): void {
    this.sent.push(bytes);
    this.taken.push(taken);
    this.bufferedAmount += bytes.length;
  }

  close(_code: number, reason: string): void {
    this.closedWith = reason;
  }

  terminate(): void {
    this.emit("close", 1006, Buffer.alloc(0));
  }
}

function scene(peers: number) {
  const closed: [number, string][] = [];
  let next = 1;
  const sockets = new PeerSockets("token", {
    onHello: (_hello, attach) => attach(next++),
    onMessage: () => undefined,
    onClosed: (peer, why) => closed.push([peer, why]),
  });
  const held = Array.from({ length: peers }, (_, i) => {
    const socket = new HeldSocket();
    sockets.accept(socket as unknown as WebSocket);
    socket.emit("message", seal({ kind: "control", body: encodeMessage(helloOf(`peer ${i + 1}`)) }));
    return socket;
  });
  return { sockets, held, closed };
}

test("WS4 who takes nothing of what others have relayed to it is dropped at 256 MiB; they are not", () => {
  const { held, closed } = scene(2);
  const [from, to] = held;
  const frame = seal({ kind: "relay", peer: 2, body: new Uint8Array(60_000) });
  to.bufferedAmount = 256 * MIB - 2 * frame.length;
  for (let i = 0; i < 2; i++) from.emit("message", frame);
  expect([to.sent.length, to.closedWith]).toEqual([2, undefined]);
  from.emit("message", frame);
  from.emit("message", frame); // to somebody who is gone
  const why = "took too little of what was sent to it: more than 256 MiB wait for it";
  expect([to.sent.length, to.closedWith, closed]).toEqual([2, why, [[2, why]]]);
  expect(from.closedWith).toBeUndefined();
});

test("WS4 a state goes out chunk by chunk, each when the one before was taken, and stops with the connection", () => {
  const { sockets, held, closed } = scene(1);
  const [socket] = held;
  const chunks = Array.from(
    { length: 5 },
    (_, index): CoordinatorMessage => ({ type: "state", round: 3, index, chunks: 5, bytes: new Uint8Array(64_000) }),
  );
  sockets.sendInTurn(1, chunks);
  sockets.send(1, { type: "permit", through: 9 }); // is not held up by it
  expect(socket.sent).toHaveLength(2);
  for (const i of [0, 2, 3]) socket.taken[i]();
  expect(socket.sent).toHaveLength(5);
  expect(decodeCoordinatorMessage(unseal(socket.sent[4]).body)).toMatchObject({ type: "state", index: 3 });
  socket.terminate();
  socket.taken[4]();
  expect([socket.sent.length, closed]).toEqual([5, [[1, "left without a word"]]]);
});
