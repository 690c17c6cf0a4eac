import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import { requestRecords } from "./recordRequests.ts";
import { RecordStore } from "./recordStore.ts";

/** The images of a run, from its coordinator, on the real clock. */
export function openRecordStore(origin: string, { dataset }: RunConfig, onBytes: (bytes: number) => void, signal: AbortSignal) {
  return new RecordStore({
    counts: { train: dataset.trainRecords, test: dataset.testRecords },
    request: (split, wanted) => requestRecords(origin, split, wanted),
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    now: () => performance.now(),
    signal,
    onBytes,
  });
}
