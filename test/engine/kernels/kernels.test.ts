import { setFlagsFromString } from "node:v8";
import { describe, test } from "vitest";
import { generateKernels } from "../../../engine/kernels/generateKernels.ts";
import { channelCases } from "./channelCases.ts";
import { convolutionCases } from "./convolutionCases.ts";
import { type KernelCase, linkCases } from "./kernelCase.ts";
import { mapCases } from "./mapCases.ts";

setFlagsFromString("--experimental-wasm-relaxed-simd"); // Node 20 has it, but not switched on

const cases: readonly KernelCase[] = [...convolutionCases, ...channelCases, ...mapCases];

describe.each(["plain", "fused"] as const)("%s numerics", (numerics) => {
  const run = linkCases(generateKernels({ numerics, convolution: "direct" }), cases);
  test.each(cases)("$name", async (kernelCase) => (await run)(kernelCase));
});
