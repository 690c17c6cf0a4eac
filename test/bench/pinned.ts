import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** How a command is bound to the first `cores` cores; as it is where that cannot be done, with the reason. */
export interface Pinning {
  readonly command: readonly string[];
  readonly problem: string | undefined;
}

/** `taskset` binds a process and all that it starts; Linux alone has it. */
export function pinnedTo(cores: number): Pinning {
  if (cores > availableParallelism()) {
    return {
      command: [],
      problem: `expected ${cores} cores for ${cores} compute workers, got ${availableParallelism()}: not bound to any`,
    };
  }
  try {
    execFileSync("taskset", ["-c", coreList(cores), "true"], { stdio: "ignore" });
  } catch {
    return { command: [], problem: "taskset is missing or may not bind processes here (Linux: util-linux): not bound to any cores" };
  }
  return { command: ["taskset", "-c", coreList(cores)], problem: undefined };
}

function coreList(cores: number): string {
  return cores === 1 ? "0" : `0-${cores - 1}`;
}
