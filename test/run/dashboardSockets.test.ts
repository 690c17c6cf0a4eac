import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import type { WebSocket } from "ws";
import type { DashboardMessage } from "../../coordinator/protocol/dashboard.ts";
import { DashboardFeed } from "../../coordinator/run/dashboardFeed.ts";
import { DashboardSockets } from "../../coordinator/run/dashboardSockets.ts";
import { emptyMembership } from "../../coordinator/run/membership.ts";
import { Coordination, reportOf } from "./membershipScene.ts";

/** A socket that takes what is sent to it when it is told to. */
class SlowSocket extends EventEmitter {
  readonly got: DashboardMessage[] = [];
  bufferedAmount = 0;
  terminated = false;
  takes = true;

  send(text: string): void {
    this.got.push(JSON.parse(text) as DashboardMessage);
    if (!this.takes) this.bufferedAmount += text.length;
  }

  closedWith: readonly [number, string] | undefined;

  close(code: number, reason: string): void {
    this.closedWith = [code, reason];
    this.emit("close");
  }

  terminate(): void {
    this.terminated = true;
    this.emit("close");
  }
}

function scene() {
  const feed = new DashboardFeed(new Coordination().options.config, "a run", "http://here/join?token=t", 0);
  const sockets = new DashboardSockets(feed);
  const add = (socket: SlowSocket, now: number) => sockets.accept(socket as unknown as WebSocket, false, emptyMembership, now);
  const commit = (round: number) => feed.commit(reportOf(round), 1, round);
  return { add, commit, update: (now: number) => sockets.update(emptyMembership, now) };
}

const roundsIn = (messages: readonly DashboardMessage[]): number[] => messages.flatMap(({ steps }) => steps.map(({ round }) => round));

test("WS3 a dashboard that takes nothing is sent nothing more, and then gets all that it missed, once", () => {
  const { add, commit, update } = scene();
  const [quick, slow] = [new SlowSocket(), new SlowSocket()];
  slow.takes = false;
  for (const socket of [quick, slow]) add(socket, 0);
  for (let round = 0; round < 4; round++) {
    commit(round);
    update(250 * (round + 1));
  }
  expect([roundsIn(quick.got), quick.got.length]).toEqual([[0, 1, 2, 3], 5]);
  expect([roundsIn(slow.got), slow.got.length]).toEqual([[], 1]);
  slow.bufferedAmount = 0;
  update(1250);
  expect([roundsIn(slow.got), slow.got.length, slow.terminated]).toEqual([[0, 1, 2, 3], 2, false]);
});

test("WS3 a dashboard that has not taken what was sent for two minutes loses its connection, and no other does", () => {
  const { add, update } = scene();
  const [quick, slow] = [new SlowSocket(), new SlowSocket()];
  slow.takes = false;
  for (const socket of [quick, slow]) add(socket, 0);
  update(120_000);
  expect(slow.terminated).toBe(false);
  update(120_001);
  expect([slow.terminated, quick.terminated]).toEqual([true, false]);
  update(120_251);
  expect([slow.got.length, quick.got.length]).toEqual([1, 4]);
});

test("WS3 the two minutes begin anew whenever everything was taken", () => {
  const { add, update } = scene();
  const socket = new SlowSocket();
  add(socket, 0);
  socket.takes = false;
  for (let now = 0; now < 1_000_000; now += 100_000) {
    socket.bufferedAmount = 0;
    update(now);
    update(now + 90_000);
  }
  expect(socket.terminated).toBe(false);
});

test("WS6 of 256 dashboards and one, the last is refused with a reason, and has its place when another is closed", () => {
  const { add, update } = scene();
  const open = Array.from({ length: 256 }, () => new SlowSocket());
  for (const socket of open) add(socket, 0);
  const refused = new SlowSocket();
  add(refused, 0);
  expect(refused.closedWith).toEqual([1013, "256 dashboards are open already: close one"]);
  expect(refused.got).toEqual([]);
  update(250);
  expect([refused.got.length, open[255]?.got.length]).toEqual([0, 2]);
  open[0]?.terminate();
  const next = new SlowSocket();
  add(next, 500);
  expect([next.closedWith, next.got.length]).toEqual([undefined, 1]);
});
