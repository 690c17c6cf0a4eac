import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { StartingPoint } from "./rival.ts";

/** PyTorch in a process of its own, on one thread. */
export interface TorchPeer {
  readonly version: string;
  /** The model's number, and the losses of so many first steps. */
  prepare(point: StartingPoint, channelsLast: boolean, steps: number): Promise<{ readonly id: number; readonly losses: readonly number[] }>;
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
    prepare: ({ definition, images, pixels, labels, parameters }, channelsLast, steps) => {
      const start = { pixels: base64(pixels), labels: base64(labels), parameters: parameters.map((p) => base64(p.channelsFirst.values)) };
      return ask({ definition, images, channelsLast, start, steps });
    },
    train: (id, milliseconds) => ask({ train: id, milliseconds }),
    close: () => child.stdin?.end(),
  };
}

function base64({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

/** One line is asked and one is answered, in turn. */
function answering({ stdin, stdout }: ChildProcess): <Answer>(request: unknown) => Promise<Answer> {
  if (stdin === null || stdout === null) throw new Error("expected a process with pipes, got one without");
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return async <Answer>(request: unknown) => {
    stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the PyTorch process was expected to answer, but it ended");
    return JSON.parse(value) as Answer;
  };
}
