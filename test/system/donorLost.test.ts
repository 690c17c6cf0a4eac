import { afterAll, expect, test } from "vitest";
import { findDataset } from "../../coordinator/data/findDataset.ts";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import type { ModelDefinitionData } from "../../coordinator/protocol/modelDefinition.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { type ServedRun, serveRun } from "../../coordinator/run/serveRun.ts";
import { CIFAR_SHAPE, flatten, linear, relu, sequential, softmaxCrossEntropy } from "../../engine/index.ts";
import { temporaryFolder } from "../coordinator/temporaryFolder.ts";

/** More than there is time for: both runs end when they have got far enough. */
const STEPS = 1000;
const PEERS = 3;
const TYPESCRIPT = ["--import", "tsx"];

/** 8 million parameters, three times as many with Adam: 98 MB of state, for little arithmetic, take longer than a heartbeat. */
const definition = JSON.parse(
  JSON.stringify({ input: CIFAR_SHAPE, layers: sequential(flatten, linear(2650), relu, linear(10)), loss: softmaxCrossEntropy() }),
) as ModelDefinitionData;

const open: { readonly run: ServedRun; readonly peers: HeadlessPeers }[] = [];
afterAll(async () => {
  for (const { run, peers } of open) {
    await peers.finish(100);
    await run.close();
  }
});

/** A run until `enough`, which is asked again and again. */
async function train(count: number, enough: (run: ServedRun, peers: HeadlessPeers) => boolean): Promise<{ run: ServedRun; said: string }> {
  const dataset = await findDataset({ data: "synthetic", environment: {}, say: () => undefined });
  const options = { model: "wide", optimizer: "adam", batch: 8, microBatch: 2, steps: STEPS, evaluate: false } as const;
  const config: RunConfig = toRunConfig(options, dataset.info, definition);
  const said: string[] = [];
  const onReason = ({ text }: { text: string }) => said.push(text);
  const root = temporaryFolder();
  const run = await serveRun({ dataset, config, host: "127.0.0.1", port: 0, minPeers: count, root, onReason, onCommit: () => undefined });
  const peers = new HeadlessPeers(run.joinUrls[0] as string, 1, TYPESCRIPT);
  open.push({ run, peers });
  for (let i = 0; i < count; i++) await peers.start();
  let looking: NodeJS.Timeout | undefined;
  const done = new Promise<void>((resolve) => {
    looking = setInterval(() => enough(run, peers) && resolve(), 20);
  });
  await Promise.race([done, peers.failed]);
  clearInterval(looking);
  for (; peers.count > 0; ) await peers.kill(0);
  return { run, said: said.join("\n") };
}

test("ST5 AR2 a donor process is killed while it sends the state: the others send the rest, with the same bits", {
  timeout: 400_000,
}, async () => {
  const newcomer = PEERS + 1;
  let chunks = 0;
  let round = 0;
  const { run, said } = await train(PEERS, ({ coordinator: { membership } }, peers) => {
    if (peers.count === PEERS && chunks === 0 && membership.committed >= 2) void peers.start();
    const { stage, round: next = 0, chunks: held = 0 } = membership.peers.get(newcomer) ?? {};
    if (held > 0 && chunks === 0) void peers.kill(0); // every member is a donor
    chunks ||= held;
    round = Math.min(next, membership.committed) - 1;
    return stage === "member" && round >= 0;
  });
  expect(chunks).toBeGreaterThan(0);
  expect(said).toMatch(/node-\d \(peer [123]\) left without a word in round \d+; its \d+ slots and its slices are others' now/);
  expect(said.match(/ will follow from round /g)).toHaveLength(1); // the others had it all: no later round was agreed
  const alone = await train(1, ({ coordinator: { membership } }) => membership.committed > round);
  const bits = run.coordinator.membership.hashes.get(round);
  expect(bits).toMatch(/^[0-9a-f]{16}$/);
  expect(alone.run.coordinator.membership.hashes.get(round)).toBe(bits);
});
