import { describe, test } from "vitest";
import { generateKernels } from "../../../engine/kernels/generateKernels.ts";
import type { Numerics } from "../../../engine/kernels/kernelSet.ts";
import { channelCases } from "./channelCases.ts";
import { convolutionCases } from "./convolutionCases.ts";
import { type KernelCase, linkCases } from "./kernelCase.ts";
import { mapCases } from "./mapCases.ts";

const cases: readonly KernelCase[] = [...convolutionCases, ...channelCases, ...mapCases];

/** Winograd's transforms add numbers of different sizes: a digit is lost. */
const winogradCases = convolutionCases.map((kernelCase): KernelCase => ({ ...kernelCase, tolerance: 1e-4 }));

/** Every generated kernel against the reference, in the numerics that the JavaScript engine has. */
export function describeKernels(allNumerics: readonly Numerics[]): void {
  describe.each(allNumerics)("%s numerics", (numerics) => {
    const run = linkCases(generateKernels({ numerics, convolution: "direct" }), cases);
    test.each(cases)("$name", async (kernelCase) => (await run)(kernelCase));

    const runWinograd = linkCases(generateKernels({ numerics, convolution: "winograd" }), winogradCases);
    test.each(winogradCases)("with Winograd: $name", async (kernelCase) => (await runWinograd)(kernelCase));
  });
}
