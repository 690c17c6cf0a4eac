import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { encodeMessage } from "../../coordinator/protocol/codec.ts";
import { seal } from "../../coordinator/protocol/envelope.ts";
import { CoordinatorConnection } from "../../worker/session/coordinatorConnection.ts";
import type { Socket } from "../../worker/session/platform.ts";
import { coordinatorMessages } from "../protocol/samples.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A socket that says what the test makes it say. */
function connect() {
  const closed: string[] = [];
  const ended: string[] = [];
  const socket = { binaryType: "", send: () => undefined, close: (_: number, reason: string) => ended.push(reason) } as unknown as Socket;
  const connection = new CoordinatorConnection(socket, {
    onMessage: () => undefined,
    onRelayed: () => undefined,
    onClosed: (why) => closed.push(why),
  });
  connection.opened().catch(() => undefined);
  const say = () => {
    const bytes = seal({ kind: "control", body: encodeMessage(coordinatorMessages.swarm) });
    socket.onmessage?.({ data: bytes.slice().buffer } as never);
  };
  return { socket, connection, closed, ended, say };
}

const open = ({ socket }: ReturnType<typeof connect>): void => socket.onopen?.({} as never);

test("SE12 a coordinator that is silent for 20 s is given up, once, with a sentence", () => {
  const peer = connect();
  open(peer);
  vi.advanceTimersByTime(19_500);
  expect(peer.closed).toEqual([]);
  vi.advanceTimersByTime(60_000);
  expect(peer.closed).toEqual(["nothing has come from the coordinator for 20 s"]);
  expect(peer.ended).toEqual(peer.closed);
});

test("SE12 a socket that does not open within 15 s is given up like one that was lost: the peer tries again", async () => {
  const peer = connect();
  const opened = expect(peer.connection.opened()).rejects.toThrow("did not answer within 15 s");
  vi.advanceTimersByTime(60_000);
  await opened;
  expect(peer.closed).toEqual(["the coordinator did not answer within 15 s"]);
  expect(peer.ended).toEqual(peer.closed);
});

test("SE12 any message breaks the silence", () => {
  const peer = connect();
  open(peer);
  for (let i = 0; i < 10; i++) {
    vi.advanceTimersByTime(15_000);
    peer.say();
  }
  expect(peer.closed).toEqual([]);
});

test("SE12 a connection that was closed waits for nothing", () => {
  const peer = connect();
  open(peer);
  peer.connection.close("the peer has stopped");
  vi.advanceTimersByTime(60_000);
  expect(peer.closed).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("SE12 a socket that never opens is given up after 15 s", async () => {
  const peer = connect();
  const opened = expect(peer.connection.opened()).rejects.toThrow("the coordinator did not answer within 15 s");
  vi.advanceTimersByTime(15_000);
  await opened;
});
