import { readFileSync } from "node:fs";
import { readSafetensors } from "../../engine/index.ts";
import type { OpCase, OpRunner } from "./opCase.ts";
import { conv2dCase, convTranspose2dCase, depthwiseSeparableCase, linearCase } from "./ops/convolution.ts";
import { crossEntropyCase, meanSquaredErrorCase } from "./ops/losses.ts";
import { batchNorm2dCase, MAP_CASES } from "./ops/maps.ts";
import { optimizerCase } from "./ops/optimizer.ts";

/** By the `op` of a case's metadata. */
const RUNNERS: Readonly<Record<string, OpRunner>> = {
  ...MAP_CASES,
  conv2d: conv2dCase,
  conv_transpose2d: convTranspose2dCase,
  depthwise_separable: depthwiseSeparableCase,
  linear: linearCase,
  batch_norm2d: batchNorm2dCase,
  cross_entropy: crossEntropyCase,
  mse: meanSquaredErrorCase,
  optimizer: optimizerCase,
};

/** The case of a file, and how to run it; no runner for an op that the engine does not have. */
export function readOpCase(file: string): { readonly op: string; readonly opCase: OpCase; readonly runner: OpRunner | undefined } {
  const { tensors, metadata } = readSafetensors(readFileSync(file));
  const op = metadataValue(metadata, "op") ?? "";
  return { op, opCase: { attributes: JSON.parse(metadataValue(metadata, "attrs") ?? "{}"), tensors }, runner: RUNNERS[op] };
}

function metadataValue(metadata: Readonly<Record<string, string>>, name: string): string | undefined {
  return metadata[name];
}
