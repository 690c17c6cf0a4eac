import { expect, test } from "vitest";
import { findDataset } from "../../coordinator/data/findDataset.ts";
import { readJournal } from "../../coordinator/files/journal.ts";
import { openRunDirectory } from "../../coordinator/files/runDirectory.ts";
import { toRunConfig } from "../../coordinator/options/toRunConfig.ts";
import { HeadlessPeers } from "../../coordinator/run/headlessPeers.ts";
import { serveRun } from "../../coordinator/run/serveRun.ts";
import { smallDisk } from "../coordinator/smallDisk.ts";
import { temporaryFolder } from "../coordinator/temporaryFolder.ts";

const STEPS = 150;

async function train(root: string, happen: (committed: number, said: readonly string[]) => void) {
  const dataset = await findDataset({ data: "synthetic", environment: {}, say: () => undefined });
  const config = toRunConfig({ model: "lenet5", batch: 32, microBatch: 8, steps: STEPS, evaluate: false }, dataset.info);
  const said: string[] = [];
  const onReason = ({ text }: { text: string }) => said.push(text);
  const run = await serveRun({ dataset, config, host: "127.0.0.1", port: 0, minPeers: 1, root, onReason, onCommit: () => undefined });
  const peers = new HeadlessPeers(run.joinUrls[0] as string, 1, ["--import", "tsx"]);
  await peers.start();
  const looking = setInterval(() => happen(run.coordinator.membership.committed, said), 5);
  await Promise.race([run.finished, peers.failed]);
  clearInterval(looking);
  await peers.finish(100);
  await run.close();
  const { journalPath } = await openRunDirectory(root, run.runName);
  return { said, journal: await readJournal(journalPath) };
}

test("FI2 FI3 AR2 a run whose disk fills up pauses, and ends with every round journalled and the same bits", {
  timeout: 200_000,
}, async (context) => {
  const disk = smallDisk(2 * 1024 * 1024);
  if (disk === undefined) return context.skip("nobody may mount a disk here");
  let state: "before" | "full" | "after" = "before";
  let paused = 0;
  let still = 0;
  const { said, journal } = await train(disk.folder, (committed, heard) => {
    if (state === "before" && committed >= 20) {
      disk.fill();
      state = "full";
    } else if (state === "full" && heard.some((text) => text.startsWith("The disk is full: "))) {
      still = committed === paused ? still + 1 : 0;
      paused = committed;
      if (still < 100) return; // what was permitted before may still be done
      disk.free();
      state = "after";
    }
  });
  expect(paused).toBeLessThan(STEPS);
  expect(said.join("\n")).toMatch(
    /The disk is full: .*(journal|metrics)\.jsonl cannot be written\. .*\n(.*\n)*there is space on the disk again/,
  );
  expect(journal.length).toBe(STEPS);
  const undisturbed = await train(temporaryFolder(), () => undefined);
  expect(journal.map(({ hash }) => hash)).toEqual(undisturbed.journal.map(({ hash }) => hash));
});
