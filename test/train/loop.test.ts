import { expect, test } from "vitest";
import { describeRound } from "../../coordinator/protocol/rounds.ts";
import { type Training, train } from "../../worker/train/loop.ts";
import { config } from "../protocol/samples.ts";

test("ME15 the speed of a peer is that of its slots with their images: who waits for them is not fast", async () => {
  let now = 0;
  const rounds = [describeRound(config, 0), undefined];
  const takes = <T>(milliseconds: number, value: T) => {
    now += milliseconds;
    return Promise.resolve(value);
  };
  const session = {
    start: () => Promise.resolve({ round: 0, state: "held" }),
    begin: () => Promise.resolve(rounds.shift()),
    stateWanted: () => false,
    work: async function* () {
      yield [0, 1];
    },
    contribute: () => undefined,
    idle: () => false,
    reduced: () => takes(40, new Int32Array(0)),
    finish: () => undefined,
  };
  const timings: Parameters<Training["onRound"]>[2][] = [];
  await train({
    config,
    session: session as never,
    replica: { contribution: () => takes(100, new Int32Array(0)), apply: () => Promise.resolve({}) } as never,
    store: { records: () => takes(700, new Uint8Array(0)) } as never,
    auditor: { begin: () => Promise.resolve(), whileIdle: () => Promise.resolve() } as never,
    now: () => now,
    onReplace: () => undefined,
    onComputed: () => undefined,
    onRound: (_, __, timing) => timings.push(timing),
  });
  expect(timings).toEqual([{ images: 2 * config.microBatch, computeMs: 1500, communicateMs: 40, waitMs: 0 }]);
});
