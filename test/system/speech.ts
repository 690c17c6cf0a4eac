import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** What a process has said, to be searched while it goes on. */
export class Speech {
  text = "";
  readonly #process: ChildProcess;
  #heard: () => void = () => undefined;

  constructor(speaker: ChildProcess) {
    this.#process = speaker;
    speaker.stdout?.on("data", (chunk: Buffer) => {
      this.text += chunk.toString();
      this.#heard();
    });
    speaker.once("exit", () => this.#heard());
  }

  /** Waits for these words; an error says what came instead, if the process ends without them. */
  async hear(words: RegExp): Promise<string> {
    for (;;) {
      const [found] = words.exec(this.text) ?? [];
      if (found !== undefined) return found;
      if (this.#process.exitCode !== null) throw new Error(`expected ${words}, the process ended and had said:\n${this.text}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}

export async function ended(each: ChildProcess): Promise<void> {
  if (each.exitCode !== null || each.signalCode !== null) return;
  const gone = once(each, "exit");
  each.kill("SIGKILL");
  await gone;
}
