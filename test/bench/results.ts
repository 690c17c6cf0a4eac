import type { CliffTable } from "./cliffs.ts";
import type { KernelSpeeds } from "./kernelSpeeds.ts";
import type { RivalResult } from "./peers/rivalRunners.ts";
import type { ProfileRow } from "./profile.ts";
import type { ReadyRow } from "./ready.ts";
import type { RunnerSpeed } from "./runner.ts";
import type { SubjectName } from "./subjects.ts";
import type { ThreadsTable } from "./threads.ts";

export interface ModelResult {
  readonly model: SubjectName;
  readonly images: number;
  readonly rounds: number;
  readonly speeds: readonly RunnerSpeed[];
  /** Other engines, those too that could not have the model. */
  readonly rivals: readonly RivalResult[];
  /** For each numerics class: until its kernels can run, and the size of what was generated. */
  readonly preparations: Readonly<Record<string, { readonly preparationMs: number; readonly moduleBytes: number }>>;
}

/** What `--json` writes and `--compare` reads. */
export interface BenchResults {
  readonly date: string;
  readonly command: string;
  readonly processor: string;
  readonly host: string;
  /** Of the last minute, before and after: above 1 the machine was shared. */
  readonly loadAverage: readonly [number, number];
  readonly models: readonly ModelResult[];
  readonly kernels: Readonly<Record<string, KernelSpeeds>>;
  readonly cliffs: readonly CliffTable[];
  readonly ready: readonly ReadyRow[];
  readonly threads: readonly ThreadsTable[];
  readonly profiles: Readonly<Record<string, readonly ProfileRow[]>>;
}
