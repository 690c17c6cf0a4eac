import { Presets, SingleBar } from "cli-progress";
import { type Command, Option } from "commander";
import { findDataset } from "../data/findDataset.ts";
import { createCommand, reportFailure } from "../options/command.ts";
import { wholeNumber } from "../options/parse.ts";
import { readRunConfig } from "../options/readRunConfig.ts";
import { addRunOptions, type RunOptions } from "../options/runOptions.ts";
import { addServeOptions, type ServeOptions } from "../options/serveOptions.ts";
import { meanLoss } from "../protocol/meanLoss.ts";
import type { RunConfig } from "../protocol/runConfig.ts";
import { steadyNow } from "../run/clock.ts";
import { HeadlessPeers } from "../run/headlessPeers.ts";
import { type ServedRun, serveRun } from "../run/serveRun.ts";

type TrainOptions = RunOptions & ServeOptions & { readonly peers: number; readonly workers: number; readonly json: boolean };

/** A peer that does not end by itself this long after the run is ended. */
const PATIENCE_MS = 5000;

/** Its peers know the port; several runs can go on side by side. */
const ANY_FREE_PORT = 0;

/** `npm run train`: a run with headless peers, in one command; tabs can join it too. */
async function train(): Promise<void> {
  const command = createCommand("npm run train --", "Trains without a browser: a coordinator and headless peers in one command.");
  const options = addTrainOptions(command).parse().opts<TrainOptions>();
  const say = options.json ? console.error : console.log;
  const dataset = await findDataset({ data: options.data, environment: process.env, say });
  const config = await readRunConfig(options, dataset.info);
  const bar = new SingleBar({ format: FORMAT, hideCursor: true, stream: process.stderr, noTTYOutput: false }, Presets.shades_classic);
  const run = await serveRun({
    dataset,
    config,
    host: options.host,
    port: options.port,
    iceServers: options.iceServer,
    auditShare: options.auditShare,
    minPeers: Math.max(options.minPeers, options.peers),
    onReason: ({ kind, text }) => kind !== "info" && kind !== "join" && say(text),
    onCommit: () => showProgress(bar, run),
  });
  say(`Data       ${dataset.source}\nDashboard  ${run.dashboardUrl}\nJoin       ${run.joinUrls.join("\n           ")}`);
  bar.start(config.steps, 0, { loss: "-", accuracy: "-", speed: "-", left: "-" });
  const peers = new HeadlessPeers(run.joinUrls.at(-1) as string, options.workers);
  for (let i = 0; i < options.peers; i++) await peers.start();
  await Promise.race([run.finished, peers.failed]);
  showProgress(bar, run);
  bar.stop();
  const line = summary(run, config, options.peers);
  console.log(options.json ? JSON.stringify(line) : describe(line));
  await peers.finish(PATIENCE_MS);
  await run.close();
}

const FORMAT = "{bar} {value}/{total} steps | loss {loss} | test {accuracy} | {speed} images/s | {left} left";

function addTrainOptions(command: Command): Command {
  addServeOptions(addRunOptions(command), ANY_FREE_PORT);
  const whole = (name: string, most: number, example: number) => wholeNumber(name, { least: 1, most, example });
  return command
    .addOption(new Option("--peers <n>", "headless peers, each a process of its own").argParser(whole("--peers", 256, 2)).default(1))
    .addOption(new Option("--workers <n>", "compute workers of each").argParser(whole("--workers", 256, 1)).default(1))
    .addOption(
      new Option("--json", "end with one line of JSON on standard output, and say everything else on standard error").default(false),
    );
}

function showProgress(bar: SingleBar, run: ServedRun): void {
  const { step, imagesPerSecond, secondsLeft } = run.coordinator.feed.state(run.coordinator.membership, steadyNow());
  const { loss, accuracy } = run.coordinator.feed.latest();
  bar.update(step, {
    loss: loss?.toFixed(3) ?? "-",
    accuracy: accuracy === null ? "-" : `${(100 * accuracy).toFixed(1)} %`,
    speed: imagesPerSecond.toFixed(0),
    left: secondsLeft === null ? "-" : `${Math.ceil(secondsLeft)} s`,
  });
}

interface Summary {
  readonly model: string;
  readonly peers: number;
  readonly steps: number;
  readonly images: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly trainLoss: number | null;
  readonly testAccuracy: number | null;
  readonly hash: string;
}

/** Seconds count from the first committed step, whose images are left out: joining and compiling are not training. */
function summary({ coordinator }: ServedRun, { model, steps }: RunConfig, peers: number): Summary {
  const { steps: points, evaluations } = coordinator.feed.snapshot(coordinator.membership, steadyNow());
  const [first, last] = [points[0], points.at(-1)];
  const timed = points.slice(1).reduce((sum, { metrics }) => sum + metrics.images, 0);
  const seconds = first === undefined || last === undefined ? 0 : (last.at - first.at) / 1000;
  const test = evaluations.at(-1);
  return {
    model,
    peers,
    steps,
    images: timed + (first?.metrics.images ?? 0),
    seconds: round(seconds, 3),
    imagesPerSecond: seconds > 0 ? round(timed / seconds, 1) : 0,
    trainLoss: last === undefined || last.metrics.nonFinite > 0 ? null : round(meanLoss(last.metrics), 5),
    testAccuracy: test === undefined ? null : test.correct / test.images,
    hash: coordinator.membership.hashes.get(coordinator.membership.committed - 1) ?? "",
  };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

function describe(s: Summary): string {
  const accuracy = s.testAccuracy === null ? "" : `, test accuracy ${(100 * s.testAccuracy).toFixed(2)} %`;
  return `${s.model}: ${s.steps} steps, ${s.images} images in ${s.seconds} s (${s.imagesPerSecond} images/s), training loss ${s.trainLoss ?? "not finite"}${accuracy}\nhash ${s.hash}`;
}

try {
  await train();
  process.exit(0);
} catch (error) {
  process.exit(reportFailure(error));
}
