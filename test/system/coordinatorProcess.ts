import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const START = fileURLToPath(new URL("../../coordinator/commands/start.ts", import.meta.url));
const TYPESCRIPT = ["--import", "tsx"];

/** A coordinator in a process of its own, to be killed without a word. */
export class CoordinatorProcess {
  readonly #process: ChildProcess;
  #said = "";

  constructor(options: readonly string[]) {
    this.#process = spawn(process.execPath, [...TYPESCRIPT, START, ...options], { stdio: ["ignore", "pipe", "inherit"] });
    this.#process.stdout?.on("data", (chunk: Buffer) => {
      this.#said += chunk.toString();
    });
  }

  async joinUrl(): Promise<URL> {
    for (;;) {
      const found = /http:\S+join\?token=\S+/.exec(this.#said);
      if (found !== null) return new URL(found[0]);
      if (this.#process.exitCode !== null) throw new Error(`the coordinator ended: ${this.#said}`);
      await Promise.race([once(this.#process.stdout as NodeJS.ReadableStream, "data"), once(this.#process, "exit")]);
    }
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await gone;
  }
}
