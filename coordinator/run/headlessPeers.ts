import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { StartedPeers } from "./peers.ts";

const PEER = fileURLToPath(new URL("../../worker/headless/peer.ts", import.meta.url));

/** Peers without a browser, each in a process of its own. */
export class HeadlessPeers implements StartedPeers {
  readonly failed: Promise<never>;
  readonly #running: ChildProcess[] = [];
  readonly #killed = new WeakSet<ChildProcess>();
  /** Asked to leave: one that has not begun to listen ends at once. */
  readonly #dismissed = new WeakSet<ChildProcess>();
  readonly #joinUrl: string;
  readonly #workers: number;
  readonly #nodeOptions: readonly string[];
  #fail: (error: Error) => void = () => undefined;
  #started = 0;

  /** `nodeOptions`: how this process runs TypeScript; its children do the same. */
  constructor(joinUrl: string, workers: number, nodeOptions: readonly string[] = process.execArgv) {
    this.#nodeOptions = nodeOptions;
    this.#joinUrl = joinUrl;
    this.#workers = workers;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined); // heard of where the run is awaited
  }

  get count(): number {
    return this.#running.length;
  }

  /** Of those that are running, in the order in which they were started. */
  get processIds(): readonly number[] {
    return this.#running.flatMap(({ pid }) => pid ?? []);
  }

  async start(): Promise<void> {
    this.#started++;
    const peerArguments = [PEER, this.#joinUrl, "--quiet", "--name", `node-${this.#started}`, "--workers", String(this.#workers)];
    const peer = spawn(process.execPath, [...this.#nodeOptions, ...peerArguments], { stdio: ["ignore", "inherit", "inherit"] });
    this.#running.push(peer);
    peer.once("exit", (code, signal) => {
      this.#forget(peer);
      if (code === 0 || this.#killed.has(peer) || (signal === "SIGTERM" && this.#dismissed.has(peer))) return;
      const how = code === null ? `by ${signal}` : `with exit code ${code}`;
      this.#fail(new Error(`a headless peer ended ${how}; what it said stands above`));
    });
  }

  /** Sends a signal to the n-th peer that is running, e.g. to freeze it and let it go on. */
  signal(index: number, signal: NodeJS.Signals): void {
    const peer = this.#running[index];
    if (peer === undefined) return;
    if (signal === "SIGKILL") this.#killed.add(peer);
    if (signal === "SIGTERM") this.#dismissed.add(peer);
    peer.kill(signal);
  }

  async kill(choice: number): Promise<void> {
    const peer = this.#running[Math.floor(choice * this.#running.length)];
    if (peer === undefined) return;
    this.#forget(peer);
    this.#killed.add(peer);
    await gone(peer, () => peer.kill("SIGKILL"));
  }

  async finish(patienceMs: number): Promise<void> {
    const patience = setTimeout(() => {
      for (const i of this.#running.keys()) this.signal(i, "SIGKILL");
    }, patienceMs);
    await Promise.all(this.#running.map((peer) => gone(peer, () => undefined)));
    clearTimeout(patience);
  }

  #forget(peer: ChildProcess): void {
    const index = this.#running.indexOf(peer);
    if (index >= 0) this.#running.splice(index, 1);
  }
}

function gone(peer: ChildProcess, end: () => void): Promise<void> {
  return new Promise((resolve) => {
    if (peer.exitCode !== null || peer.signalCode !== null) resolve();
    else peer.once("exit", () => resolve());
    end();
  });
}
