import { EventEmitter } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import type { WebSocket } from "ws";
import { encodeMessage } from "../../coordinator/protocol/codec.ts";
import { seal } from "../../coordinator/protocol/envelope.ts";
import { Coordinator } from "../../coordinator/run/coordinator.ts";
import { Coordination, helloOf } from "./membershipScene.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const HOUR_MS = 3_600_000;

test.each([HOUR_MS, -HOUR_MS])("ME26 nobody is silent or late because somebody sets the clock by %i ms", (jump) => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const nothing = () => undefined;
  const coordinator = new Coordinator({
    ...new Coordination().options,
    token: "token",
    joinUrl: "http://localhost/",
    onCommit: nothing,
    onReason: nothing,
    onFinished: nothing,
    onState: nothing,
    onRestore: () => Promise.resolve({ chunks: [] }),
    onArbitrate: nothing,
    onReplay: nothing,
    onShown: nothing,
  });
  const closed: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    send: nothing,
    terminate: nothing,
    bufferedAmount: 0,
    close: (_: number, reason: string) => closed.push(reason),
  });
  coordinator.acceptPeer(socket as unknown as WebSocket);
  socket.emit("message", Buffer.from(seal({ kind: "control", body: encodeMessage(helloOf("Kite")) })));
  const before = Date.now();
  vi.spyOn(Date, "now").mockReturnValue(before + jump);
  vi.advanceTimersByTime(1000); // ten ticks
  expect(closed).toEqual([]);
  expect([...coordinator.membership.peers.values()].map(({ hello }) => hello.name)).toEqual(["Kite"]);
  coordinator.close("the test is over");
});
