import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Checkpoints } from "../files/checkpoints.ts";
import type { ShownChunk } from "../protocol/messages.ts";
import type { RunConfig } from "../protocol/runConfig.ts";
import type { PeerId } from "../protocol/view.ts";
import type { Arbitration, Case, Replay } from "./membership.ts";

const ARBITER = fileURLToPath(new URL("../../worker/headless/arbiter.ts", import.meta.url));

/** A process that has not answered by then is ended. */
const DEADLINE_MS = 150_000;
const REPLAY_DEADLINE_MS = 14 * 60_000;

/** States that are not complete yet take no more memory than this; what is shown beyond it is not taken. */
const MAX_STATE_BYTES = 512 * 1024 * 1024;

/** Cases that wait for their state; an older one gives way, and ends by its deadline. */
const MAX_OPEN = 4;

interface OpenCase {
  readonly disputed: Case;
  readonly chunks: Map<number, Uint8Array>;
  readonly onResult: (result: Arbitration) => void;
}

/** Computes disputed contributions on the coordinator's own machine, which is the one that a run has to trust. One case at a time. */
export class Arbiter {
  readonly #config: RunConfig;
  readonly #origin: string;
  #open: OpenCase[] = [];
  #queue: Promise<void> = Promise.resolve();
  #process: ChildProcess | undefined;
  #closed = false;

  /** `origin`: where the images are. */
  constructor(config: RunConfig, origin: string) {
    this.#config = config;
    this.#origin = origin;
  }

  /** Ends the process in progress; nothing is computed any more. */
  close(): void {
    this.#closed = true;
    this.#process?.kill("SIGKILL");
  }

  /** Waits for the state, if the round does not begin with the initial one, and computes. */
  decide(disputed: Case, onResult: (result: Arbitration) => void): void {
    if (disputed.stateHash === undefined) this.#run(disputed, undefined, onResult);
    else this.#open = [...this.#open, { disputed, chunks: new Map(), onResult }].slice(-MAX_OPEN);
  }

  /** A chunk of the state that an auditor shows. */
  receive(peer: PeerId, { inquiry, round, index, chunks, bytes }: ShownChunk): void {
    const open = this.#open.find(({ disputed }) => disputed.inquiry === inquiry && disputed.shownBy === peer && disputed.round === round);
    const held = this.#open.reduce((sum, each) => sum + [...each.chunks.values()].reduce((total, part) => total + part.length, 0), 0);
    if (open === undefined || index >= chunks || held + bytes.length > MAX_STATE_BYTES) return;
    open.chunks.set(index, bytes.slice());
    if (open.chunks.size < chunks) return;
    this.#open = this.#open.filter((each) => each !== open);
    const ordered = [...open.chunks].sort(([a], [b]) => a - b).map(([, part]) => part);
    this.#run(open.disputed, new Uint8Array(Buffer.concat(ordered)), open.onResult);
  }

  /**
   * The hash that a round ends with, from the newest checkpoint on that can be read (without any from the beginning): all slots of all
   * rounds between are computed again.
   */
  async replay(checkpoints: Pick<Checkpoints, "read" | "newest">, checkpoint: number | undefined, through: number): Promise<Replay> {
    const round = checkpoint === undefined ? undefined : await checkpoints.newest(checkpoint);
    const read = round === undefined ? undefined : await checkpoints.read(round);
    if (read !== undefined && "failure" in read) return read;
    const state = read === undefined ? undefined : new Uint8Array(Buffer.concat(read.chunks.map(({ bytes }) => bytes)));
    const job = { type: "replay", state, round: round ?? 0, through };
    return this.#next(() => this.#ask<Replay>(job, REPLAY_DEADLINE_MS));
  }

  #run({ round, slots, key, stateHash }: Case, state: Uint8Array | undefined, onResult: (result: Arbitration) => void): void {
    const job = { type: "compute", state, round, slots, key, stateHash };
    void this.#next(() => this.#ask<Arbitration>(job, DEADLINE_MS)).then(onResult);
  }

  /** One process at a time. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.then(() => undefined);
    return result;
  }

  #ask<T>(job: object, deadlineMs: number): Promise<T | { readonly failure: string }> {
    if (this.#closed) return Promise.resolve({ failure: "the coordinator has ended" });
    return new Promise((resolve) => {
      const process = fork(ARBITER, [], { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
      const deadline = setTimeout(() => process.kill("SIGKILL"), deadlineMs);
      this.#process = process;
      process.once("message", (result) => resolve(result as T));
      process.once("error", (error) => resolve({ failure: `the arbiter could not be started: ${error.message}` }));
      process.once("exit", (code) => {
        clearTimeout(deadline);
        resolve({ failure: `the arbiter ended with ${code === null ? "a signal" : `exit code ${code}`} before it answered` });
      });
      process.send({ ...job, config: this.#config, origin: this.#origin });
    });
  }
}
