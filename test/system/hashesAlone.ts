import { findDataset } from "../../coordinator/data/findDataset.ts";
import type { RunOptions } from "../../coordinator/options/runOptions.ts";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { serveRun } from "../../coordinator/run/serveRun.ts";
import { cifar10Folder } from "../shared.ts";
import { temporaryRuns } from "./temporaryRuns.ts";

/** With which hashes one undisturbed peer ends the first rounds of a run on CIFAR-10. */
export async function hashesAlone(options: RunOptions, rounds: number): Promise<readonly string[]> {
  const dataset = await findDataset({ data: cifar10Folder(), environment: {}, say: () => undefined });
  const hashes: string[] = [];
  let onEnough: () => void = () => undefined;
  const enough = new Promise<void>((resolve) => {
    onEnough = resolve;
  });
  const run = await serveRun({
    dataset,
    config: toRunConfig(options, dataset.info),
    host: "127.0.0.1",
    port: 0,
    root: temporaryRuns,
    minPeers: 1,
    onReason: () => undefined,
    onCommit: ({ report }) => {
      if (hashes.push(report.hash) >= rounds) onEnough();
    },
  });
  const peer = new HeadlessPeers(run.joinUrls[0] as string, 1, ["--import", "tsx"]);
  await peer.start();
  await Promise.race([enough, peer.failed]);
  await peer.finish(0);
  await run.close();
  return hashes.slice(0, rounds);
}
