import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { setFlagsFromString } from "node:v8";
import { type OpenHost, openBrowserHost } from "./browserHost.ts";
import { createHost, type Preparation } from "./host.ts";
import { type BenchOptions, readOptions, USAGE } from "./options.ts";
import { findTorch, startTorch, type TorchPeer } from "./peers/torch.ts";
import { reportKernels, reportModel, reportProfile, reportRun } from "./report.ts";
import type { BenchResults, ModelResult } from "./results.ts";
import { measureInTurns, type Runner } from "./runner.ts";
import { subjectDefinition } from "./subjects.ts";

const PROFILE_STEPS = 12;

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error, `\nusage: ${USAGE}`);
  process.exitCode = 1;
}

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  const earlier = options.compare === undefined ? undefined : (JSON.parse(readFileSync(options.compare, "utf8")) as BenchResults);
  const before = loadavg()[0];
  const open = options.browser ? await openBrowserHost() : nodeHost();
  const torch = options.peers ? torchPeer() : undefined;
  const models: ModelResult[] = [];
  const kernels: Record<string, BenchResults["kernels"][string]> = {};
  const profiles: Record<string, BenchResults["profiles"][string]> = {};
  try {
    for (const model of options.models) {
      const result = await measureModel(options, model, open, torch);
      models.push(result);
      console.log(
        reportModel(
          result,
          earlier?.models.find((other) => other.model === model),
        ),
      );
    }
    for (const numerics of options.numerics) {
      if (options.kernels) {
        kernels[numerics] = await open.host.kernels(numerics, options.convolution, options.images);
        console.log(reportKernels(numerics, kernels[numerics]));
      }
      if (!options.profile) continue;
      for (const model of options.models) {
        const engine = { numerics, convolution: options.convolution };
        const rows = await open.host.profile({ model, images: options.images, engine }, PROFILE_STEPS);
        profiles[`${model} ${numerics}`] = rows;
        console.log(reportProfile(`${model}, ${numerics}`, rows));
      }
    }
  } finally {
    torch?.close();
    await open.close();
  }
  const results: BenchResults = {
    date: new Date().toISOString().slice(0, 10),
    command: `npm run bench -- ${args.join(" ")}`,
    processor: cpus()[0]?.model ?? "unknown processor",
    host: open.version,
    loadAverage: [before, loadavg()[0]],
    ...{ models, kernels, profiles },
  };
  console.log(reportRun(results));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
}

async function measureModel(
  options: BenchOptions,
  model: BenchOptions["models"][number],
  { host, version }: OpenHost,
  torch: TorchPeer | undefined,
): Promise<ModelResult> {
  const { images, convolution } = options;
  const runners: Runner[] = [];
  for (const channelsLast of torch === undefined ? [] : [false, true]) {
    const id = await torch?.prepare(subjectDefinition(model), images, channelsLast);
    const name = `PyTorch ${torch?.version}, 1 thread, ${channelsLast ? "channels last" : "NCHW"}`;
    if (torch !== undefined && id !== undefined) runners.push({ name, window: (milliseconds) => torch.train(id, milliseconds) });
  }
  const preparations: Record<string, Preparation> = {};
  for (const numerics of options.numerics) {
    const { id, ...preparation } = await host.prepare({ model, images, engine: { numerics, convolution } });
    preparations[numerics] = preparation;
    runners.push({ name: `tabgrad, ${version}, ${numerics}`, window: (milliseconds) => host.train(id, milliseconds) });
  }
  return { model, images, preparations, speeds: await measureInTurns(runners, options.rounds, options.windowMs) };
}

function nodeHost(): OpenHost {
  setFlagsFromString("--experimental-wasm-relaxed-simd"); // Node 20 has it, but not switched on
  return { host: createHost(), version: `Node ${process.versions.node}`, close: () => Promise.resolve() };
}

function torchPeer(): TorchPeer | undefined {
  const found = findTorch();
  if (found !== undefined) return startTorch(found);
  console.log("PyTorch was not found (Debian, Ubuntu: apt-get install python3-torch): measured without it");
  return undefined;
}
