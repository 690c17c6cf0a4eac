import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { STATE_CHUNK_BYTES, type StateChunk } from "../protocol/messages.ts";
import type { DiskSpace } from "./diskSpace.ts";
import { stateHash } from "./stateHash.ts";
import { writeWholeFile } from "./wholeFile.ts";

/** Why a checkpoint is of no use, in a sentence. */
export interface Unreadable {
  readonly failure: string;
}

/** The newest checkpoints that are kept; one more than needed, should the newest prove damaged. */
const KEPT = 2;

const NAME = /^state-(\d{9})\.bin$/;
const DIGEST_BYTES = 32;

const fileName = (round: number): string => `state-${String(round).padStart(9, "0")}.bin`;

/**
 * States on the disk, `checkpoints/state-<round>.bin`: the SHA-256 of the state, then the state as it is when the round begins. They are
 * what a run goes on from when every peer is gone.
 */
export class Checkpoints {
  readonly #folder: string;
  readonly #space: DiskSpace;
  readonly #hashOf: (round: number) => string | undefined;
  #incoming: { readonly peer: number; readonly round: number; readonly chunks: Map<number, Uint8Array> } | undefined;

  /** `hashOf`: what the state with which a round begins hashes to, by the journal; none where nobody has got that far. */
  constructor(runFolder: string, space: DiskSpace, hashOf: (round: number) => string | undefined) {
    this.#folder = join(runFolder, "checkpoints");
    this.#space = space;
    this.#hashOf = hashOf;
  }

  /** A chunk from a peer; resolves with the round once its state is complete on the disk, or with why it is not the run's. */
  async receive(peer: number, { round, index, chunks, bytes }: StateChunk): Promise<{ readonly round: number } | Unreadable | undefined> {
    if (this.#incoming?.peer !== peer || this.#incoming.round !== round) this.#incoming = { peer, round, chunks: new Map() };
    this.#incoming.chunks.set(index, bytes.slice());
    if (this.#incoming.chunks.size < chunks) return undefined;
    const ordered = [...this.#incoming.chunks].sort(([a], [b]) => a - b).map(([, part]) => part);
    this.#incoming = undefined;
    const state = Buffer.concat(ordered);
    const hash = await stateHash(state);
    if (hash !== this.#hashOf(round))
      return {
        failure: `the state of round ${round} that it sent has the hash ${hash}, the run's has ${this.#hashOf(round) ?? "none yet"}`,
      };
    const content = Buffer.concat([createHash("sha256").update(state).digest(), state]);
    const path = join(this.#folder, fileName(round));
    const write = async () => {
      await mkdir(this.#folder, { recursive: true });
      await writeWholeFile(path, content);
    };
    await this.#space.write(path, write, () => this.#forgetOld(1)); // the newest one stays until this one is there
    await this.#forgetOld(KEPT);
    return { round };
  }

  /** The round of the newest checkpoint up to `most` that is whole; damaged ones are passed over. */
  async newest(most: number): Promise<number | undefined> {
    for (const round of (await this.#rounds()).reverse()) {
      if (round <= most && "state" in (await this.#state(round))) return round;
    }
    return undefined;
  }

  /** The state of a checkpoint, in the chunks in which it is sent; or why there is none. */
  async read(round: number): Promise<{ readonly chunks: StateChunk[] } | Unreadable> {
    const found = await this.#state(round);
    if ("failure" in found) return found;
    const { state } = found;
    const count = Math.ceil(state.length / STATE_CHUNK_BYTES);
    const chunks = Array.from({ length: count }, (_, index): StateChunk => {
      const bytes = Uint8Array.from(state.subarray(index * STATE_CHUNK_BYTES, (index + 1) * STATE_CHUNK_BYTES));
      return { type: "state", round, index, chunks: count, bytes };
    });
    return { chunks };
  }

  /** Whether the disk gives it back, and as it was: what was right once may be damaged now. */
  async #state(round: number): Promise<{ readonly state: Buffer } | Unreadable> {
    const path = join(this.#folder, fileName(round));
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch (error) {
      return { failure: `the checkpoint of round ${round} cannot be read (${(error as Error).message})` };
    }
    const state = bytes.subarray(DIGEST_BYTES);
    if (!createHash("sha256").update(state).digest().equals(bytes.subarray(0, DIGEST_BYTES)))
      return { failure: `the checkpoint of round ${round} is damaged: ${path} has another SHA-256 than it had` };
    const wanted = this.#hashOf(round);
    if (wanted === undefined || (await stateHash(state)) !== wanted)
      return { failure: `the checkpoint of round ${round} has another hash than the journal has for it` };
    return { state };
  }

  async #rounds(): Promise<number[]> {
    await mkdir(this.#folder, { recursive: true });
    const names = await readdir(this.#folder);
    return names
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  async #forgetOld(kept: number): Promise<void> {
    const rounds = await this.#rounds();
    await Promise.all(rounds.slice(0, -kept).map((round) => rm(join(this.#folder, fileName(round)), { force: true })));
  }
}
