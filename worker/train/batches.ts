import { evaluationRange, type Round } from "../../coordinator/protocol/rounds.ts";
import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { Batch } from "../compute/computeWorker.ts";
import type { RecordStore } from "../data/recordStore.ts";
import { slotRecords } from "./sampler.ts";

/** The images of one slot of a round. */
export async function batchOf(config: RunConfig, store: Pick<RecordStore, "records">, round: Round, slot: number): Promise<Batch> {
  if (round.kind === "evaluate") {
    const { begin, end } = evaluationRange(config, slot);
    const indices = Int32Array.from({ length: end - begin }, (_, i) => begin + i);
    return { records: await store.records("test", indices), indices };
  }
  const indices = slotRecords(config, round.epoch, round.stepOfEpoch, slot);
  return { records: await store.records("train", indices), indices };
}
