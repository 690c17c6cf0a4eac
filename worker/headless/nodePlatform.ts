import os from "node:os";
import v8 from "node:v8";
import { Worker } from "node:worker_threads";
import { wrap } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { WebSocket } from "ws";
import { fusedMultiplyAddWorks } from "../../engine/wasm/fusedMultiplyAdd.ts";
import type { ComputeWorker } from "../compute/computeWorker.ts";
import { SimplePeerConnector } from "../link/simplePeerConnector.ts";
import type { Platform, Socket } from "../session/platform.ts";
import { nodeWebRtc } from "./nodePeerConnection.ts";

/** In a thread of Node 20, TypeScript is not loaded by the options of the process: the thread has to ask for it itself. */
const BOOT = `import(${JSON.stringify(import.meta.resolve("tsx/esm/api"))}).then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL("./computeThread.ts", import.meta.url).href)});
});`;

/** A peer without a page: WebRTC by libdatachannel, compute workers in threads. */
export function nodePlatform(): Platform {
  // Node 20 has relaxed SIMD behind this flag; later versions have it anyway.
  v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
  const workers: Worker[] = [];
  return {
    kind: "node",
    device: `Node ${process.versions.node} on ${os.type()}, ${os.availableParallelism()} cores`,
    fused: fusedMultiplyAddWorks(),
    openSocket: (url) => new WebSocket(url) as unknown as Socket,
    createConnector: (events) => new SimplePeerConnector(events, nodeWebRtc),
    createComputeWorker: async () => {
      const worker = new Worker(BOOT, { eval: true });
      workers.push(worker);
      return wrap<ComputeWorker>(nodeEndpoint(worker as never));
    },
    dispose: () => {
      for (const worker of workers) void worker.terminate();
    },
    now: () => performance.now(),
  };
}
