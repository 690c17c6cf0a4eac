import { expose, type Remote, wrap } from "comlink";
import { fusedMultiplyAddWorks } from "../../engine/wasm/fusedMultiplyAdd.ts";
import type { ComputeWorker } from "../compute/computeWorker.ts";
import { RemoteConnector } from "../link/connectorPort.ts";
import { Peer } from "./peer.ts";
import type { Platform, Socket } from "./platform.ts";
import type { JoinOptions, PeerStatus } from "./status.ts";

let peer: Peer | undefined;

/** The session of a tab, in a worker of its own: what its page asks of it, over Comlink. */
const session = {
  async join(options: JoinOptions, device: string, connections: MessagePort, onStatus: (status: PeerStatus) => void): Promise<void> {
    peer = new Peer(tabPlatform(device, connections), options, onStatus);
    await peer.run();
  },
  leave(): void {
    peer?.leave();
  },
  setHidden(hidden: boolean): void {
    peer?.setHidden(hidden);
  },
};

export type SessionWorker = typeof session;

function tabPlatform(device: string, connections: MessagePort): Platform {
  const workers: Worker[] = [];
  return {
    kind: "tab",
    device,
    fused: fusedMultiplyAddWorks(),
    openSocket: (url) => new WebSocket(url) as unknown as Socket,
    createConnector: (events) => new RemoteConnector(connections, events),
    createComputeWorker: async () => {
      const worker = new Worker(new URL("../compute/computeTab.ts", import.meta.url), { type: "module" });
      workers.push(worker);
      return wrap<ComputeWorker>(worker) satisfies Remote<ComputeWorker>;
    },
    dispose: () => {
      for (const worker of workers) worker.terminate();
    },
    now: () => performance.now(),
  };
}

expose(session);
