import type { ShownChunk, StateChunk } from "../../coordinator/protocol/messages.ts";
import { describeRound } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { Arbitration, Case, Replay } from "../../coordinator/run/membership.ts";
import { checksums } from "../../worker/session/accounts.ts";
import { batchOf } from "../../worker/train/batches.ts";
import type { ReplicaKit, StandInReplica } from "./standInReplica.ts";
import type { VirtualTime } from "./virtualTime.ts";

const ARBITRATION_MS = 500;
const REPLAY_MS = 2000;

/** The coordinator's own computation, honest, from the state that an auditor shows: the stand-in's is one chunk. */
export class SimulatedArbiter {
  readonly #config: RunConfig;
  readonly #kit: ReplicaKit;
  readonly #time: VirtualTime;
  readonly #onResult: (inquiry: number, result: Arbitration) => void;
  readonly #open = new Map<number, Case>();

  constructor(config: RunConfig, kit: ReplicaKit, time: VirtualTime, onResult: (inquiry: number, result: Arbitration) => void) {
    this.#config = config;
    this.#kit = kit;
    this.#time = time;
    this.#onResult = onResult;
  }

  decide(disputed: Case): void {
    if (disputed.stateHash === undefined) this.#compute(disputed, undefined);
    else this.#open.set(disputed.inquiry, disputed);
  }

  receive(peer: number, { inquiry, bytes }: ShownChunk): void {
    const disputed = this.#open.get(inquiry);
    if (disputed?.shownBy !== peer) return;
    this.#open.delete(inquiry);
    this.#compute(disputed, new Int32Array(bytes.slice().buffer));
  }

  /** Everything from the checkpoint on, as one peer alone would compute it. */
  replay(
    checkpoint: { readonly round: number; readonly chunks: readonly StateChunk[] } | undefined,
    through: number,
    onReplayed: (result: Replay) => void,
  ): void {
    const run = async () => {
      const replica = this.#replica();
      if (checkpoint === undefined) await replica.initialize();
      else await replica.load(new Int32Array((checkpoint.chunks[0].bytes as Uint8Array).slice().buffer));
      const store = { records: (_: string, indices: Int32Array) => Promise.resolve(new Uint8Array(indices.length)) } as never;
      for (let round = checkpoint?.round ?? 0; round <= through; round++) {
        const turn = describeRound(this.#config, round);
        const slots = Array.from({ length: turn.slots }, (_, slot) => slot);
        const batches = await Promise.all(slots.map((slot) => batchOf(this.#config, store, turn, slot)));
        await replica.apply(turn, await replica.contribution(turn, batches));
      }
      return replica.hash();
    };
    this.#time.after(REPLAY_MS, () => void run().then((hash) => this.#time.after(0, () => onReplayed({ hash }))));
  }

  #replica(): StandInReplica {
    return this.#kit.create(this.#config, () => Promise.resolve());
  }

  #compute(disputed: Case, state: Int32Array | undefined): void {
    this.#time.after(ARBITRATION_MS, () => {
      // What the verdict brings about is an event of its own, whose errors end the simulation.
      void this.#result(disputed, state).then((result) => this.#time.after(0, () => this.#onResult(disputed.inquiry, result)));
    });
  }

  async #result({ round, slots, key, stateHash }: Case, state: Int32Array | undefined): Promise<Arbitration> {
    const replica = this.#replica();
    if (state === undefined) await replica.initialize();
    else await replica.load(state);
    if (stateHash !== undefined && replica.hash() !== stateHash) return { failure: "the state that was shown is not the run's" };
    const store = { records: (_: string, indices: Int32Array) => Promise.resolve(new Uint8Array(indices.length)) } as never;
    const turn = describeRound(this.#config, round);
    const sums = slots.map(async (disputed) => {
      const batches = await Promise.all(disputed.map((slot) => batchOf(this.#config, store, turn, slot)));
      return checksums(this.#kit.layouts[turn.kind], await replica.contribution(turn, batches), key);
    });
    return { sums: await Promise.all(sums) };
  }
}
