import { EventEmitter } from "node:events";
import type { WebSocket } from "ws";
import { encodeMessage } from "../../coordinator/protocol/codec.ts";
import { seal } from "../../coordinator/protocol/envelope.ts";
import type { PeerMessage } from "../../coordinator/protocol/messages.ts";
import { Coordinator, type CoordinatorOptions } from "../../coordinator/run/coordinator.ts";
import { Coordination } from "./membershipScene.ts";

const nothing = () => undefined;

/** A coordinator without files, and one socket to it that says what the test makes it say; `closed` are the reasons it heard. */
export function bareCoordinator(options: Partial<CoordinatorOptions> = {}) {
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
    ...options,
  });
  const closed: string[] = [];
  const close = (_: number, reason: string) => closed.push(reason);
  const socket = Object.assign(new EventEmitter(), { send: nothing, terminate: nothing, bufferedAmount: 0, close });
  coordinator.acceptPeer(socket as unknown as WebSocket);
  const say = (message: PeerMessage) => socket.emit("message", Buffer.from(seal({ kind: "control", body: encodeMessage(message) })));
  const names = () => [...coordinator.membership.peers.values()].map(({ hello }) => hello.name);
  return { coordinator, closed, say, names };
}
