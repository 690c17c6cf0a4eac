import type { Checkpoints } from "../files/checkpoints.ts";
import type { StateChunk } from "../protocol/messages.ts";

/** The state of a checkpoint; or why it cannot be had, and the newest older one that can. */
export type RestoredState = { readonly chunks: readonly StateChunk[] } | { readonly failure: string; readonly older: number | undefined };

export async function restoreState(checkpoints: Pick<Checkpoints, "read" | "newest">, round: number): Promise<RestoredState> {
  const read = await checkpoints.read(round);
  return "chunks" in read ? read : { ...read, older: await checkpoints.newest(round - 1) };
}
