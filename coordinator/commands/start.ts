import { findDataset } from "../data/findDataset.ts";
import { latestRun } from "../files/latestRun.ts";
import { terminalQr } from "../http/terminalQr.ts";
import { createCommand, reportFailure } from "../options/command.ts";
import { readRunConfig } from "../options/readRunConfig.ts";
import { addRunOptions, type RunOptions, refuseRunOptions } from "../options/runOptions.ts";
import { addServeOptions, type ServeOptions } from "../options/serveOptions.ts";
import { RUNS, serveRun } from "../run/serveRun.ts";

/** `npm start`: serves a run to tabs until it is stopped. */
async function start(): Promise<void> {
  const command = createCommand("npm start --", "Trains one network in all browser tabs that open the join link.");
  addServeOptions(addRunOptions(command))
    .option("--resume <run>", "go on with a run that was begun before: its name in runs/, or latest")
    .parse();
  const options = command.opts<RunOptions & ServeOptions & { readonly resume?: string }>();
  if (options.resume !== undefined) refuseRunOptions(command, "--resume goes on with the run as it was begun");
  const resume = options.resume === "latest" ? await latestRun(RUNS) : options.resume;
  const dataset = await findDataset({ data: options.data, environment: process.env, say: console.log });
  const run = await serveRun({
    dataset,
    config: await readRunConfig(options, dataset.info),
    resume,
    host: options.host,
    port: options.port,
    iceServers: options.iceServer,
    auditShare: options.auditShare,
    minPeers: options.minPeers,
    onReason: ({ text }) => console.log(`${new Date().toLocaleTimeString()}  ${text}`),
    onCommit: () => undefined,
  });
  const { config } = run;
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
