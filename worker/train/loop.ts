import type { RoundTiming } from "../../coordinator/protocol/messages.ts";
import type { Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { Batch, RoundResult } from "../compute/computeWorker.ts";
import type { ReplicaPool } from "../compute/replicaPool.ts";
import type { RecordStore } from "../data/recordStore.ts";
import type { Session } from "../session/session.ts";
import type { Auditor } from "./auditor.ts";
import { batchOf } from "./batches.ts";

export interface Training {
  readonly config: RunConfig;
  readonly session: Session;
  readonly replica: ReplicaPool;
  readonly store: RecordStore;
  readonly auditor: Auditor;
  readonly now: () => number;
  /** Another state is about to take the place of the one that the replica had reached. */
  readonly onReplace: () => void;
  readonly onComputed: (round: Round) => void;
  readonly onRound: (round: Round, result: RoundResult, timing: Omit<RoundTiming, "bytesSent">) => void;
}

/** Data-parallel training as one peer does it: all of it, from the first round to the last. */
export async function train({ config, session, replica, store, auditor, now, onReplace, onComputed, onRound }: Training): Promise<void> {
  const { state } = await session.start();
  if (state !== "held") onReplace();
  if (state === "initial") await replica.initialize(await batchOf(config, store, firstRound(config), 0));
  else if (state !== "held") await replica.load(state);

  for (let round = await session.begin(); round !== undefined; round = await session.begin()) {
    if (session.stateWanted(round.round)) session.offerState(round.round, await replica.state()); // one copy, for all who need it
    await auditor.begin(round);

    const began = now();
    let computeMs = 0;
    let images = 0;
    for await (const slots of session.work(round)) {
      const before = now(); // with its images: who has to wait for them gets fewer slots
      const batches = await batchesOf(config, store, round, slots);
      const own = await replica.contribution(round, batches); // integers, summed over the slots of this peer
      computeMs += now() - before;
      images += batches.reduce((sum, { indices }) => sum + indices.length, 0);
      onComputed(round); // before the vector: on a slow line it would come behind it
      session.contribute(round, slots, own);
      await auditor.whileIdle(round, () => session.idle(round)); // somebody else's slots, to be compared
    }
    const computed = now();
    const reduced = await session.reduced(round); // the same integers at every peer, whoever comes or goes meanwhile
    const result = await replica.apply(round, reduced); // one update, the same bits everywhere

    session.finish(round);
    onRound(round, result, { images, computeMs, communicateMs: now() - computed, waitMs: Math.max(0, computed - began - computeMs) });
  }
}

const firstRound = (config: RunConfig): Round => ({ kind: "train", round: 0, step: 0, epoch: 0, stepOfEpoch: 0, slots: config.slots });

const batchesOf = (config: RunConfig, store: RecordStore, round: Round, slots: readonly number[]): Promise<Batch[]> =>
  Promise.all(slots.map((slot) => batchOf(config, store, round, slot)));
