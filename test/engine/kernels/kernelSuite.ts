import { describe, expect, test } from "vitest";
import { generateKernels } from "../../../engine/kernels/generateKernels.ts";
import type { Numerics } from "../../../engine/kernels/kernelSet.ts";
import { channelCases } from "./channelCases.ts";
import { convolutionCases } from "./convolutionCases.ts";
import { type KernelCase, linkCases } from "./kernelCase.ts";
import { mapCases } from "./mapCases.ts";

const cases: readonly KernelCase[] = [...convolutionCases, ...channelCases, ...mapCases];

/** Winograd's transforms add numbers of different sizes, Strassen's sums of blocks cancel: a digit is lost. */
const winogradCases = convolutionCases.map((kernelCase): KernelCase => ({ ...kernelCase, tolerance: 1e-4 }));

/** Hashes of what all cases write, direct and with Winograd. They change only with the cases or with the order of a kernel's operations. */
const BITS: Readonly<Record<Numerics, readonly string[]>> = {
  plain: ["286d45658b0397f2", "f3f63770b8a289ce"],
  fused: ["3922a9e01f728069", "b4caafa343005800"],
};

/** Every generated kernel against the reference, in the numerics that the JavaScript engine has. */
export function describeKernels(allNumerics: readonly Numerics[]): void {
  describe.each(allNumerics)("%s numerics", (numerics) => {
    const direct = linkCases(generateKernels({ numerics, convolution: "direct" }), cases);
    test.each(cases)("$name", async (kernelCase) => (await direct).run(kernelCase));

    const winograd = linkCases(generateKernels({ numerics, convolution: "winograd" }), winogradCases);
    test.each(winogradCases)("with Winograd: $name", async (kernelCase) => (await winograd).run(kernelCase));

    test("KE2 all kernels together write the same bits in every JavaScript engine", async () => {
      expect([(await direct).bits(), (await winograd).bits()].map(hexadecimal)).toEqual(BITS[numerics]);
    });
  });
}

function hexadecimal(hash: bigint): string {
  return hash.toString(16).padStart(16, "0");
}
