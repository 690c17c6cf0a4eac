import { afterEach, describe, expect, test } from "vitest";
import { findDataset } from "../../coordinator/data/findDataset.ts";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { type ServedRun, serveRun } from "../../coordinator/run/serveRun.ts";
import { firefox, openInFirefox } from "./firefox.ts";
import { temporaryRuns } from "./temporaryRuns.ts";

const TYPESCRIPT = ["--import", "tsx"];
const STEPS = 12;

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A whole run; its hashes, and between whom there were direct links. */
async function train(numerics: RunConfig["numerics"], peers: { readonly node: number; readonly firefox: boolean }) {
  const dataset = await findDataset({ data: "synthetic", environment: {}, say: () => undefined });
  const config = toRunConfig({ model: "lenet5", steps: STEPS, numerics }, dataset.info);
  const minPeers = peers.node + Number(peers.firefox);
  const linked = () => [...run.coordinator.membership.peers.values()].map(({ links }) => [...links.values()]);
  let links: string[][] = [];
  const onCommit = () => {
    links = linked();
  };
  const run: ServedRun = await serveRun({
    dataset,
    config,
    host: "127.0.0.1",
    port: 0,
    root: temporaryRuns,
    minPeers,
    onReason: () => undefined,
    onCommit,
  });
  ends.push(() => run.close());
  const url = run.joinUrls[0] as string;
  const processes = new HeadlessPeers(url, 1, TYPESCRIPT);
  ends.push(() => processes.finish(0));
  for (let i = 0; i < peers.node; i++) await processes.start();
  if (peers.firefox) ends.push(openInFirefox(firefox as string, `${url}&auto&name=firefox&workers=1`));
  await Promise.race([run.finished, processes.failed]);
  return { hashes: [...run.coordinator.membership.hashes.values()], links };
}

const withoutFirefox = firefox === undefined ? " (skipped: no Firefox is installed, and $TABGRAD_FIREFOX is not set)" : "";

describe.skipIf(firefox === undefined)(`Firefox as a peer${withoutFirefox}`, () => {
  test.each(["plain", "fused"] as const)(
    "KE2 TR4 AR1 %s: Firefox alone, and together with Node, ends with Node's bits",
    {
      timeout: 240_000,
    },
    async (numerics) => {
      const node = await train(numerics, { node: 1, firefox: false });
      expect(node.hashes.length).toBeGreaterThanOrEqual(STEPS);
      const alone = await train(numerics, { node: 0, firefox: true });
      expect(alone.hashes).toEqual(node.hashes);
      const together = await train(numerics, { node: 1, firefox: true });
      expect(together.hashes).toEqual(node.hashes);
      expect(together.links).toEqual([["direct"], ["direct"]]);
    },
  );
});
