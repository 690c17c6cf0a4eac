import { setFlagsFromString } from "node:v8";
import { describeKernels } from "./kernelSuite.ts";

setFlagsFromString("--experimental-wasm-relaxed-simd"); // Node 20 has it, but not switched on

describeKernels(["plain", "fused"]);
