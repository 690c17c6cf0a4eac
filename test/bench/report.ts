import type { CliffTable } from "./cliffs.ts";
import type { KernelSpeeds, PassSpeed } from "./kernelSpeeds.ts";
import type { Machine } from "./machine.ts";
import type { RivalResult } from "./peers/rivalRunners.ts";
import type { ProfileRow } from "./profile.ts";
import type { ReadyRow } from "./ready.ts";
import type { BenchResults, ModelResult } from "./results.ts";
import type { ThreadsTable } from "./threads.ts";

const PROFILE_ROWS = 16;

export function reportModel(
  { model, images, rounds, speeds, preparations, rivals }: ModelResult,
  earlier: ModelResult | undefined,
): string {
  const compared = rivals.length > 0;
  const rows = speeds.map(({ name, median, best, ratio, lead, rounds: part }) => {
    const before = earlier?.speeds.find((speed) => speed.name === name);
    const change = earlier === undefined ? [] : [before === undefined ? "" : percent(median / before.median)];
    const comparison = compared ? [`${threeDigits(lead)}×`, `${part} of ${rounds}`] : [];
    return [name, threeDigits(median), threeDigits(best), ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2), ...comparison, ...change];
  });
  const ready = Object.entries(preparations).map(
    ([numerics, { preparationMs, moduleBytes }]) =>
      `${numerics}: ready in ${preparationMs.toFixed(0)} ms, ${Math.round(moduleBytes / 1024)} KiB`,
  );
  const head = [
    `${model}, ${images} images`,
    "images/s, median",
    "best",
    "ratio to the first",
    ...(compared ? ["tabgrad is", "rounds"] : []),
    ...(earlier === undefined ? [] : ["of the earlier"]),
  ];
  const unable = rivals.filter(({ type }) => type === "cannot").map(({ name }) => [name, "cannot", ...head.slice(2).map(() => "")]);
  return `${markdownTable(head, [...rows, ...unable])}\n${reportRivals(rivals)}\n${ready.join("; ")}\n`;
}

/** Why some cannot, in their own words; and how well the others' first losses agree with ours. */
function reportRivals(rivals: readonly RivalResult[]): string {
  const lines = rivals.map((rival) =>
    rival.type === "cannot"
      ? `${rival.name}: ${rival.reason}`
      : `${rival.name}: its first losses differ from ours by ${rival.difference.toExponential(1)} of the largest at most`,
  );
  return lines.map((line) => `\n- ${line}`).join("") + (lines.length > 0 ? "\n" : "");
}

export function reportKernels(numerics: string, { machine, convolutions }: KernelSpeeds): string {
  const cell = ({ gflops, roofline }: PassSpeed) =>
    `${gflops.toFixed(1)} (${percent(gflops / machine.gflops)} of peak, ${percent(gflops / roofline)} of roofline)`;
  const rows = convolutions.map(({ name, forward, inputGradient, weightGradient }) => [
    name,
    cell(forward),
    cell(inputGradient),
    cell(weightGradient),
  ]);
  const peak = `${machine.gflops.toFixed(1)} GFLOP/s in registers, ${machine.gigabytesPerSecond.toFixed(1)} GB/s read and written`;
  return `${markdownTable([`GFLOP/s, ${numerics}`, "forward", "input gradient", "weight gradient"], rows)}\n\nThe machine: ${peak}.\n`;
}

export function reportProfile(name: string, rows: readonly ProfileRow[]): string {
  const total = rows.reduce((sum, row) => sum + row.milliseconds, 0);
  const cells = rows
    .slice(0, PROFILE_ROWS)
    .map(({ kernel, shape, calls, milliseconds }) => [
      kernel,
      shapeText(shape),
      calls.toFixed(0),
      milliseconds.toFixed(2),
      percent(milliseconds / total),
    ]);
  return `${markdownTable([name, "shape", "calls", "ms a step", "share"], cells)}\n\nAll kernels: ${total.toFixed(1)} ms a step.\n`;
}

/** A model's step beside what its products alone take at the measured peak. */
export interface ModelRoofline {
  readonly model: string;
  readonly gflop: number;
  readonly productsMs: number;
  readonly stepMs: number;
}

export function reportRooflines(numerics: string, { gflops }: Machine, rows: readonly ModelRoofline[]): string {
  const cells = rows.map(({ model, gflop, productsMs, stepMs }) => [
    model,
    ...[gflop, productsMs, stepMs].map(threeDigits),
    `a step takes ${(stepMs / productsMs).toFixed(2)} × what its products take at the peak`,
  ]);
  const head = [`a step, ${numerics}`, "GFLOP of products", `ms at ${gflops.toFixed(1)} GFLOP/s`, "ms, best window", ""];
  return `${markdownTable(head, cells)}\n`;
}

export function reportCliffs({ name, rows }: CliffTable): string {
  const cells = rows.map((row) => [
    row.name,
    ...[row.millisecondsAnImage, row.ratio, row.bestRatio, row.ratioAMultiplication].map(threeDigits),
  ]);
  return `${markdownTable([name, "ms an image, best", "times the first", "best over best", "for a multiplication"], cells)}\n`;
}

export function reportReady(rows: readonly ReadyRow[]): string {
  const kinds = Object.keys(rows[0]?.preparations ?? {});
  const cells = rows.map(({ model, preparations }) => [
    model,
    ...Object.values(preparations).flatMap(({ preparationMs, moduleBytes }) => [
      preparationMs.toFixed(0),
      String(Math.round(moduleBytes / 1024)),
    ]),
  ]);
  return `${markdownTable(["ready", ...kinds.flatMap((kind) => [`${kind}, ms`, `${kind}, KiB`])], cells)}\n`;
}

export function reportThreads({ name, speeds, problems }: ThreadsTable): string {
  const cells = speeds.map((speed) => [speed.name, threeDigits(speed.median), threeDigits(speed.best), threeDigits(speed.ratio)]);
  const table = markdownTable([name, "images/s, median", "best", "ratio to the first"], cells);
  return `${[table, ...problems.map((problem) => `\n- ${problem}`)].join("\n")}\n`;
}

export function reportRun({ date, command, processor, host, loadAverage }: BenchResults): string {
  const [before, after] = loadAverage.map((load) => load.toFixed(1));
  return `${date}, ${processor}, ${host}; load average ${before} before, ${after} after; \`${command}\``;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** The shape of a convolution in short, or the arguments as they are. */
function shapeText(shape: readonly unknown[]): string {
  const [first, ...others] = shape;
  if (typeof first !== "object" || first === null || !("outChannels" in first)) return shape.map((part) => JSON.stringify(part)).join(" ");
  const { height, width, channels, outChannels, kernelHeight, stride, groups } = first as Record<string, number>;
  const kind = `${kernelHeight}×${kernelHeight} ${channels} → ${outChannels}, ${height}×${width}`;
  return [kind, stride === 1 ? "" : `stride ${stride}`, groups === 1 ? "" : `groups ${groups}`, others.includes(true) ? "adds" : ""]
    .filter((part) => part !== "")
    .join(", ");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** 1234, 123, 12.3, 1.23 */
function threeDigits(value: number): string {
  return value.toFixed(value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2);
}
