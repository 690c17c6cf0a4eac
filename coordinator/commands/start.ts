import { findDataset } from "../data/findDataset.ts";
import { terminalQr } from "../http/terminalQr.ts";
import { createCommand, reportFailure } from "../options/command.ts";
import { addRunOptions, type RunOptions } from "../options/runOptions.ts";
import { addServeOptions, type ServeOptions } from "../options/serveOptions.ts";
import { toRunConfig } from "../options/toRunConfig.ts";
import { serveRun } from "../run/serveRun.ts";

/** `npm start`: serves a run to tabs until it is stopped. */
async function start(): Promise<void> {
  const command = createCommand("npm start --", "Trains one network in all browser tabs that open the join link.");
  addServeOptions(addRunOptions(command)).parse();
  const options = command.opts<RunOptions & ServeOptions>();
  const dataset = await findDataset({ data: options.data, environment: process.env, say: console.log });
  const config = toRunConfig(options, dataset.info);
  const run = await serveRun({
    dataset,
    config,
    host: options.host,
    port: options.port,
    minPeers: options.minPeers,
    onReason: ({ text }) => console.log(`${new Date().toLocaleTimeString()}  ${text}`),
    onCommit: () => undefined,
  });
  const joinUrl = run.joinUrls[0] as string;
  console.log(`
Data       ${dataset.source}
Model      ${config.model}, ${config.steps} steps of ${config.slots} × ${config.microBatch} images, seed ${config.seed}

Dashboard  ${run.dashboardUrl}
Join       ${run.joinUrls.join("\n           ")}

${await terminalQr(joinUrl)}
Waiting for ${options.minPeers === 1 ? "a peer" : `${options.minPeers} peers`}: open the join link in a tab, on this machine or another. Ctrl+C ends the run.
`);
  await untilStopped();
  await run.close();
}

const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });

try {
  await start();
  process.exit(0);
} catch (error) {
  process.exit(reportFailure(error));
}
