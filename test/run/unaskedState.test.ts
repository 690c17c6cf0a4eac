import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import type { WebSocket } from "ws";
import { encodeMessage } from "../../coordinator/protocol/codec.ts";
import { seal } from "../../coordinator/protocol/envelope.ts";
import type { PeerMessage } from "../../coordinator/protocol/messages.ts";
import { Coordinator } from "../../coordinator/run/coordinator.ts";
import { Coordination, helloOf } from "./membershipScene.ts";

test("ME27 a state that nobody asked for does not reach the disk", () => {
  const nothing = () => undefined;
  let kept = 0;
  const coordinator = new Coordinator({
    ...new Coordination().options,
    token: "token",
    joinUrl: "http://localhost/",
    onCommit: nothing,
    onReason: nothing,
    onFinished: nothing,
    onState: () => {
      kept++;
    },
    onRestore: () => Promise.resolve({ chunks: [] }),
    onArbitrate: nothing,
    onReplay: nothing,
    onShown: nothing,
  });
  const socket = Object.assign(new EventEmitter(), { send: nothing, terminate: nothing, bufferedAmount: 0, close: nothing });
  coordinator.acceptPeer(socket as unknown as WebSocket);
  const say = (message: PeerMessage) => socket.emit("message", Buffer.from(seal({ kind: "control", body: encodeMessage(message) })));
  say(helloOf("Kite"));
  say({ type: "state", round: 900_000_001, index: 0, chunks: 1, bytes: new Uint8Array(64) });
  expect([...coordinator.membership.peers.values()].map(({ hello }) => hello.name)).toEqual(["Kite"]);
  expect(kept).toBe(0);
  coordinator.close("the test is over");
});
