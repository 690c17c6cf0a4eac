import v8 from "node:v8";
import { parentPort } from "node:worker_threads";
import { expose } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { createComputeWorker } from "../compute/createComputeWorker.ts";

// Node 20 has relaxed SIMD behind this flag; later versions have it anyway.
v8.setFlagsFromString("--experimental-wasm-relaxed-simd");

/** The entry of a headless peer's compute worker. */
expose(createComputeWorker(), nodeEndpoint(parentPort as never));
