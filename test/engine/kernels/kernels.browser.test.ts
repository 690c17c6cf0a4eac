import { fusedMultiplyAddWorks } from "../../../engine/wasm/fusedMultiplyAdd.ts";
import { describeKernels } from "./kernelSuite.ts";

describeKernels(fusedMultiplyAddWorks() ? ["plain", "fused"] : ["plain"]);
