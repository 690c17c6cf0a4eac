import { expect, test } from "vitest";
import { describeRound } from "../../coordinator/protocol/rounds.ts";
import type { Batch } from "../../worker/compute/computeWorker.ts";
import { type AuditOrder, Auditor } from "../../worker/train/auditor.ts";
import { simulatedConfig } from "../simulator/simulatedConfig.ts";

const config = simulatedConfig({ steps: 100 });
const layout = { length: 2, sumLength: 2 };

/** A replica with a state of one number; a slot's vector is [state, 1]. Counts what it is asked. */
class CountingReplica {
  state_ = 0;
  readonly size = 1;
  readonly computedFrom: number[] = [];
  async state(): Promise<Int32Array> {
    return Int32Array.of(this.state_);
  }
  async load([state]: Int32Array): Promise<void> {
    this.state_ = state;
  }
  async contribution(_: unknown, batches: readonly Batch[]): Promise<Int32Array> {
    this.computedFrom.push(this.state_);
    return Int32Array.of(this.state_ * batches.length, batches.length);
  }
}

function scene(records = (indices: Int32Array) => Promise.resolve(new Uint8Array(indices.length))) {
  const replica = new CountingReplica();
  const results: { order: AuditOrder; vector: number[] }[] = [];
  const auditor = new Auditor({
    config,
    layoutOf: () => layout,
    replica,
    store: { records: (_, indices) => records(indices) },
    onRecomputed: (order, _, vector) => results.push({ order, vector: [...vector] }),
  });
  /** A round begins in this state; whoever waits for others is idle so many times. */
  const play = async (round: number, state: number, idleTimes: number): Promise<void> => {
    replica.state_ = state;
    const turn = describeRound(config, round);
    await auditor.begin(turn);
    for (let i = 0; i < 10; i++) await undefined; // the images come
    let left = idleTimes;
    await auditor.whileIdle(turn, () => left-- > 0);
    expect(replica.state_).toBe(state);
  };
  return { auditor, replica, results, play };
}

test("AU2 audited slots are computed when there is time, from the state that their round began with", async () => {
  const { auditor, replica, results, play } = scene();
  auditor.order({ inquiry: 1, round: 3, slots: [0, 5] });
  await play(2, 20, 5);
  await play(3, 30, 0); // no time
  expect(replica.computedFrom).toEqual([]);
  await play(4, 40, 1);
  await play(5, 50, 5);
  expect(replica.computedFrom).toEqual([30, 30]);
  expect(results).toEqual([{ order: { inquiry: 1, round: 3, slots: [0, 5] }, vector: [60, 2] }]);
});

// Found by the simulator: the second was computed from the first one's state.
test("AU2 several audits at once are each computed from their own state", async () => {
  const { auditor, results, play } = scene();
  auditor.order({ inquiry: 1, round: 3, slots: [0] });
  auditor.order({ inquiry: 2, round: 4, slots: [1] });
  auditor.order({ inquiry: 3, round: 5, slots: [2] });
  await play(3, 30, 0);
  await play(4, 40, 0);
  await play(5, 50, 9);
  expect(results.map(({ vector }) => vector[0])).toEqual([30, 40, 50]);
});

test("AU2 an audit that finds no idle moment is done after 32 rounds all the same", async () => {
  const { auditor, results, play } = scene();
  auditor.order({ inquiry: 1, round: 0, slots: [0] });
  for (let round = 0; round < 32; round++) await play(round, 10 + round, 0);
  expect(results).toEqual([]);
  await play(32, 42, 0);
  expect(results.map(({ vector }) => vector)).toEqual([[10, 1]]);
});

test("AU2 the state is kept for the arbiter until the inquiry is settled", async () => {
  const { auditor, play } = scene();
  auditor.order({ inquiry: 1, round: 3, slots: [0] });
  await play(3, 30, 9);
  expect(auditor.stateOf(1)).toEqual({ round: 3, state: Int32Array.of(30) });
  auditor.settled(1);
  expect(auditor.stateOf(1)).toBeUndefined();
});

test("AU2 without the images nothing is computed, and nobody waits for them", async () => {
  const { auditor, results, play } = scene(() => Promise.reject(new Error("offline")));
  auditor.order({ inquiry: 1, round: 3, slots: [0] });
  await play(3, 30, 9);
  await play(4, 40, 9);
  expect(results).toEqual([]);
});
