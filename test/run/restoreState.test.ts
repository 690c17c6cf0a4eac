import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Checkpoints } from "../../coordinator/files/checkpoints.ts";
import { DiskSpace } from "../../coordinator/files/diskSpace.ts";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import { STATE_CHUNK_BYTES } from "../../coordinator/protocol/messages.ts";
import { Arbiter } from "../../coordinator/run/arbiter.ts";
import { restoreState } from "../../coordinator/run/restoreState.ts";
import { xxHash64 } from "../../engine/kernels/reference/xxHash64.ts";
import { temporaryFolder } from "../coordinator/temporaryFolder.ts";

const BYTES = 3 * STATE_CHUNK_BYTES + 8;

const chunkOf = (round: number, index: number) => {
  const bytes = new Uint8Array(Math.min(STATE_CHUNK_BYTES, BYTES - index * STATE_CHUNK_BYTES)).fill(round + index);
  return { type: "state" as const, round, index, chunks: 4, bytes };
};

const stateOf = (round: number): Uint8Array => Buffer.concat([0, 1, 2, 3].map((index) => chunkOf(round, index).bytes));
const hashOf = (state: Uint8Array): string => xxHash64(state).toString(16).padStart(16, "0");

/** Checkpoints of rounds 10 and 20. */
async function twoCheckpoints() {
  const folder = temporaryFolder();
  const checkpoints = new Checkpoints(folder, new DiskSpace(() => undefined), (round) =>
    round <= 20 ? hashOf(stateOf(round)) : undefined,
  );
  for (const round of [10, 20]) for (let index = 0; index < 4; index++) await checkpoints.receive(1, chunkOf(round, index));
  return { checkpoints, pathOf: (round: number) => join(folder, "checkpoints", `state-0000000${round}.bin`) };
}

const FAULTS: Record<string, (path: string) => void> = {
  "a flipped bit": (path) => {
    const bytes = readFileSync(path);
    bytes[100_000] ^= 4;
    writeFileSync(path, bytes);
  },
  "half of it": (path) => writeFileSync(path, readFileSync(path).subarray(0, 100_000)),
  "nothing in it": (path) => writeFileSync(path, ""),
  "no file": (path) => rmSync(path),
};

test("ME27 a state whose hash is not the journal's is not kept, nor one of a round that nobody has done", async () => {
  const { checkpoints } = await twoCheckpoints();
  const send = async (round: number, spoiled: number) => {
    for (let index = 0; index < 3; index++) await checkpoints.receive(1, chunkOf(round, index));
    const { bytes, ...last } = chunkOf(round, 3);
    return checkpoints.receive(1, { ...last, bytes: bytes.map((byte) => byte ^ spoiled) });
  };
  expect(await send(15, 1)).toMatchObject({
    failure: expect.stringMatching(/^the state of round 15 that it sent has the hash [0-9a-f]{16}, the run's has/),
  });
  expect(await send(900_000_002, 0)).toMatchObject({ failure: expect.stringMatching(/the run's has none yet$/) });
  expect(await checkpoints.newest(Number.POSITIVE_INFINITY)).toBe(20);
  expect(await send(15, 0)).toEqual({ round: 15 });
});

test("ME25 a checkpoint is read in the chunks in which it came", async () => {
  const { checkpoints } = await twoCheckpoints();
  expect(await restoreState(checkpoints, 20)).toEqual({ chunks: [0, 1, 2, 3].map((index) => chunkOf(20, index)) });
});

test.each(Object.entries(FAULTS))(
  "ME25 %s in place of the newest checkpoint is said, and the one before is named",
  async (_what, spoil) => {
    const { checkpoints, pathOf } = await twoCheckpoints();
    spoil(pathOf(20));
    const restored = await restoreState(checkpoints, 20);
    expect(restored).toMatchObject({
      failure: expect.stringMatching(/^the checkpoint of round 20 (is damaged|cannot be read)/),
      older: 10,
    });
    expect(await checkpoints.newest(100)).toBe(10);
    spoil(pathOf(10));
    expect(await restoreState(checkpoints, 20)).toMatchObject({ older: undefined });
  },
);

const dataset = { name: "synthetic", trainRecords: 512, testRecords: 64, classes: ["a"], digest: "0".repeat(64) } as const;
const config = toRunConfig({ model: "lenet5", steps: 3 }, { ...dataset, classes: ["a"] });

test("ME24 a replay whose checkpoint goes bad under its hands ends with the reason", async () => {
  const arbiter = new Arbiter(config, "http://127.0.0.1:1");
  const spoilt = { newest: async () => 20, read: async () => ({ failure: "the checkpoint of round 20 is damaged" }) };
  expect(await arbiter.replay(spoilt, 20, 25)).toEqual({ failure: "the checkpoint of round 20 is damaged" });
});

test("ME24 the arbiter's process ends with the coordinator", async () => {
  const arbiter = new Arbiter(config, "http://127.0.0.1:1");
  const none = { newest: async () => undefined, read: async () => ({ failure: "there is none" }) };
  const [first, second] = [arbiter.replay(none, undefined, 5), arbiter.replay(none, undefined, 5)];
  await new Promise((turn) => setImmediate(turn)); // the first has its process
  arbiter.close();
  expect(await first).toMatchObject({ failure: expect.stringMatching(/^the arbiter (ended|could not be started)/) });
  expect(await second).toEqual({ failure: "the coordinator has ended" });
});
