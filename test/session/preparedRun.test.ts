import { expect, test } from "vitest";
import type { ReplicaInfo } from "../../worker/compute/computeWorker.ts";
import type { ReplicaPool } from "../../worker/compute/replicaPool.ts";
import { PreparedRun } from "../../worker/session/preparedRun.ts";
import { config, metrics } from "../protocol/samples.ts";

const hash = "00112233445566aa";

const info = { selfTest: hash } as ReplicaInfo;

/** A replica whose building takes until it is told to be ready. */
function slowReplica() {
  const built: (() => void)[] = [];
  const replica = { create: () => new Promise<ReplicaInfo>((resolve) => built.push(() => resolve(info))) } as unknown as ReplicaPool;
  return { replica, built };
}

const join = { origin: "http://127.0.0.1:1", token: "t", name: "Kite", workers: 1, identity: "0f".repeat(16) };

test("SE1 an engine that is being built when the connection is lost is not built again", async () => {
  const { replica, built } = slowReplica();
  const prepared = new PreparedRun(replica, join, () => undefined);
  const first = prepared.prepare(7, config);
  const second = prepared.prepare(7, config);
  await Promise.resolve();
  await Promise.resolve();
  expect(built).toHaveLength(1);
  built[0]();
  expect(await second).toBe(await first);
});

test("SE11 whose state is replaced has nothing to offer until it has done a round again", async () => {
  const { replica, built } = slowReplica();
  const prepared = new PreparedRun(replica, join, () => undefined);
  void prepared.prepare(7, config);
  await Promise.resolve();
  built[0]();
  for (const round of [173, 174]) prepared.remember(round, { hash, metrics });
  prepared.forget(); // the state of round 161, from a checkpoint, takes the place of what was reached
  expect(prepared.resume()).toBeUndefined();
  prepared.remember(161, { hash, metrics });
  expect(prepared.resume()).toMatchObject({ round: 162, reports: [{ round: 161 }] });
});

test("SE1 for another run it is built anew, and what was done before is forgotten", async () => {
  const { replica, built } = slowReplica();
  const prepared = new PreparedRun(replica, join, () => undefined);
  const first = prepared.prepare(7, config);
  await Promise.resolve();
  built[0]();
  await first;
  prepared.remember(3, { hash, metrics });
  expect(prepared.resume()).toMatchObject({ run: 7, round: 4 });
  const other = prepared.prepare(8, config);
  expect(prepared.resume()).toBeUndefined();
  await new Promise((resolve) => setTimeout(resolve));
  built[1]();
  expect((await other).info).toBe(info);
});
