import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { setFlagsFromString } from "node:v8";
import type { Numerics } from "../../engine/index.ts";
import { type OpenHost, openBrowserHost } from "./browserHost.ts";
import { measureCliffs } from "./cliffs.ts";
import { createHost, type Preparation } from "./host.ts";
import type { KernelSpeeds } from "./kernelSpeeds.ts";
import { type BenchOptions, readOptions, USAGE } from "./options.ts";
import { installRivals } from "./peers/install.ts";
import { openNodeRivals } from "./peers/openRivals.ts";
import type { RivalHost } from "./peers/rivalHost.ts";
import { rivalRunners, torchRunners } from "./peers/rivalRunners.ts";
import { findTorch, PYTHONS, startTorch, type TorchPeer } from "./peers/torch.ts";
import { stepProducts } from "./products.ts";
import { measureReady } from "./ready.ts";
import {
  type ModelRoofline,
  reportCliffs,
  reportKernels,
  reportModel,
  reportProfile,
  reportReady,
  reportRooflines,
  reportRun,
  reportThreads,
} from "./report.ts";
import type { BenchResults, ModelResult } from "./results.ts";
import { measureInTurns, type Runner } from "./runner.ts";
import { subjectDefinition } from "./subjects.ts";
import { measureThreads } from "./threads.ts";

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
  const withRivals = options.peers && rivalsArePossible();
  const open = options.browser ? await openBrowserHost(withRivals) : nodeHost();
  const torch = options.peers ? torchPeer() : undefined;
  const rivals = withRivals ? await open.openRivals() : undefined;
  const models: ModelResult[] = [];
  const kernels: Record<string, BenchResults["kernels"][string]> = {};
  const profiles: Record<string, BenchResults["profiles"][string]> = {};
  const tables: Pick<BenchResults, "cliffs" | "ready" | "threads"> = { cliffs: [], ready: [], threads: [] };
  try {
    Object.assign(tables, await measureTables(options, open));
    for (const model of hasOwnTable(options) ? [] : options.models) {
      const result = await measureModel(options, model, open, { torch, rivals });
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
        console.log(reportRooflines(numerics, kernels[numerics].machine, rooflines(options, numerics, kernels[numerics], models)));
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
    ...{ models, kernels, profiles, ...tables },
  };
  console.log(reportRun(results));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
}

/** Of the models that were measured with this numerics class. */
function rooflines(
  { convolution }: BenchOptions,
  numerics: Numerics,
  { machine }: KernelSpeeds,
  models: readonly ModelResult[],
): ModelRoofline[] {
  return models.flatMap(({ model, images, speeds }) => {
    const speed = speeds.find(({ name }) => name.startsWith("tabgrad") && name.endsWith(numerics));
    if (speed === undefined) return [];
    const gflop = (2 * stepProducts(subjectDefinition(model), images, { numerics, convolution })) / 1e9;
    return [{ model, gflop, productsMs: (1000 * gflop) / machine.gflops, stepMs: (1000 * images) / speed.best }];
  });
}

/** Whether something is asked for in place of the usual tables. */
function hasOwnTable({ cliffs, ready, threads }: BenchOptions): boolean {
  return cliffs || ready || threads.length > 0;
}

async function measureTables(options: BenchOptions, { host }: OpenHost): Promise<Partial<BenchResults>> {
  const cliffs = options.cliffs ? await measureCliffs(host, options, (table) => console.log(reportCliffs(table))) : [];
  const ready = options.ready ? await measureReady(host, options) : [];
  if (options.ready) console.log(reportReady(ready));
  const threads = options.threads.length > 0 ? await measureThreads(options, (table) => console.log(reportThreads(table))) : [];
  return { cliffs, ready, threads };
}

async function measureModel(
  options: BenchOptions,
  model: BenchOptions["models"][number],
  { host, version }: OpenHost,
  { torch, rivals }: { readonly torch: TorchPeer | undefined; readonly rivals: RivalHost | undefined },
): Promise<ModelResult> {
  const { images, convolution } = options;
  const [torchs, torchResults] = torch === undefined ? [[], []] : await torchRunners(torch, model, images);
  const own: Runner[] = [];
  const preparations: Record<string, Preparation> = {};
  for (const numerics of options.numerics) {
    const { id, ...preparation } = await host.prepare({ model, images, engine: { numerics, convolution } });
    preparations[numerics] = preparation;
    own.push({ name: `tabgrad, ${version}, ${numerics}`, own: true, window: (milliseconds) => host.train(id, milliseconds) });
  }
  const [others, otherResults] = rivals === undefined ? [[], []] : await rivalRunners(rivals, model, images);
  const speeds = await measureInTurns([...torchs, ...own, ...others], options.rounds, options.windowMs);
  return { model, images, rounds: options.rounds, preparations, speeds, rivals: [...torchResults, ...otherResults] };
}

function nodeHost(): OpenHost {
  setFlagsFromString("--experimental-wasm-relaxed-simd"); // Node 20 has it, but not switched on
  return { host: createHost(), version: `Node ${process.versions.node}`, openRivals: openNodeRivals, close: () => Promise.resolve() };
}

function torchPeer(): TorchPeer | undefined {
  const found = findTorch();
  if (found !== undefined) return startTorch(found);
  console.log(`PyTorch was not found by ${PYTHONS.join(", ")} (Debian, Ubuntu: apt-get install python3-torch). Measured without it.`);
  return undefined;
}

function rivalsArePossible(): boolean {
  const problem = installRivals((sentence) => console.log(sentence));
  if (problem !== undefined) console.log(problem);
  return problem === undefined;
}
