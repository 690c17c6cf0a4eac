import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const PEER = fileURLToPath(new URL("../../worker/headless/peer.ts", import.meta.url));

/** Peers without a browser, each in a process of its own. */
export class HeadlessPeers {
  readonly #running = new Set<ChildProcess>();
  readonly #joinUrl: string;
  readonly #workers: number;
  #count = 0;

  constructor(joinUrl: string, workers: number) {
    this.#joinUrl = joinUrl;
    this.#workers = workers;
  }

  get running(): readonly ChildProcess[] {
    return [...this.#running];
  }

  start(): ChildProcess {
    this.#count++;
    const peerArguments = [PEER, this.#joinUrl, "--quiet", "--name", `node-${this.#count}`, "--workers", String(this.#workers)];
    // This process runs TypeScript by an option of Node's; its children do the same.
    const peer = spawn(process.execPath, [...process.execArgv, ...peerArguments], { stdio: ["ignore", "inherit", "inherit"] });
    this.#running.add(peer);
    peer.once("exit", () => this.#running.delete(peer));
    return peer;
  }

  /** Ends them all, and resolves when they are gone. */
  async stop(): Promise<void> {
    await Promise.all(this.running.map((peer) => ended(peer, () => peer.kill("SIGKILL"))));
  }

  /** Resolves when all have ended by themselves; those that take longer are ended. */
  async finish(patienceMs: number): Promise<void> {
    const patience = setTimeout(() => void this.stop(), patienceMs);
    await Promise.all(this.running.map((peer) => ended(peer, () => undefined)));
    clearTimeout(patience);
  }
}

function ended(peer: ChildProcess, end: () => void): Promise<void> {
  return new Promise((resolve) => {
    if (peer.exitCode !== null || peer.signalCode !== null) resolve();
    else peer.once("exit", () => resolve());
    end();
  });
}
