import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ModelDefinition } from "../../../engine/index.ts";

/** PyTorch in a process of its own, on one thread. */
export interface TorchPeer {
  readonly version: string;
  prepare(definition: ModelDefinition, images: number, channelsLast: boolean): Promise<number>;
  /** Images per second of a window of about so many milliseconds. */
  train(id: number, milliseconds: number): Promise<number>;
  close(): void;
}

/** Where torch is looked for: Debian's own Python too, for another one may come first on the path. */
export const PYTHONS: readonly string[] = [process.env["TABGRAD_PYTHON"], "python3", "/usr/bin/python3"].filter(
  (path) => path !== undefined,
);

/** The first of these Pythons that has torch. */
export function findTorch(): { readonly python: string; readonly version: string } | undefined {
  for (const python of PYTHONS) {
    const { status, stdout } = spawnSync(python, ["-c", "import torch; print(torch.__version__)"], { encoding: "utf8" });
    if (status === 0) return { python, version: stdout.trim() };
  }
  return undefined;
}

export function startTorch({ python, version }: { readonly python: string; readonly version: string }): TorchPeer {
  const script = fileURLToPath(new URL("torchStep.py", import.meta.url));
  const child = spawn(python, ["-W", "ignore", script], { stdio: ["pipe", "pipe", "inherit"] });
  const ask = answering(child);
  return {
    version,
    prepare: (definition, images, channelsLast) => ask({ definition, images, channelsLast }),
    train: (id, milliseconds) => ask({ train: id, milliseconds }),
    close: () => child.stdin?.end(),
  };
}

/** One line is asked and one is answered, in turn. */
function answering({ stdin, stdout }: ChildProcess): (request: unknown) => Promise<number> {
  if (stdin === null || stdout === null) throw new Error("expected a process with pipes, got one without");
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return async (request) => {
    stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the PyTorch process was expected to answer, but it ended");
    return JSON.parse(value) as number;
  };
}
