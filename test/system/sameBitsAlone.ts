import { setTimeout as delay } from "node:timers/promises";
import type { Dataset } from "../../coordinator/data/dataset.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { serveTrial } from "./trial.ts";

/** Whether one undisturbed peer ends the first rounds of a trial, at most so many, with these hashes. */
export async function sameBitsAlone(dataset: Dataset, hashes: readonly string[], most: number): Promise<boolean> {
  const compared = Math.min(most, hashes.length);
  const alone = await serveTrial(dataset, { minPeers: 1 });
  const peer = new HeadlessPeers(alone.run.joinUrls[0] as string, 1);
  await peer.start();
  while (alone.hashes.length < compared) await delay(100);
  await peer.finish(0);
  await alone.run.close();
  return hashes.slice(0, compared).every((hash, round) => hash === alone.hashes[round]);
}
