import type { RunConfig } from "../../coordinator/protocol/runConfig.ts";
import type { View } from "../../coordinator/protocol/view.ts";
import { type Frame, frameKinds } from "../../worker/collective/frame.ts";
import { Session } from "../../worker/session/session.ts";
import type { SessionOptions } from "../../worker/session/sessionOptions.ts";
import { config as sample } from "../protocol/samples.ts";

export const RUN = 7;

/** Epochs of two steps and an evaluation: rounds 0, 1, 3, 4, … are steps of four slots, 2, 5, … evaluations of five. */
const config: RunConfig = {
  ...sample,
  slots: 4,
  microBatch: 10,
  steps: 400,
  dataset: { ...sample.dataset, trainRecords: 80, testRecords: 50 },
};

/** Two slices in a step, one in an evaluation. */
const layouts = { train: { length: 600, sumLength: 600 }, evaluate: { length: 3, sumLength: 3 } };

export const STATE_ELEMENTS = 40_000; // three chunks

export const viewOf = (changes: Partial<View> = {}): View => ({
  view: 1,
  fromRound: 0,
  begins: (changes.view ?? 1) === 1,
  members: [1, 2],
  observers: [],
  slotHolders: [1, 1, 2, 2],
  owners: [1, 2],
  ...changes,
});

export interface Sent {
  readonly to: number;
  readonly frame: Frame;
}

/** A session whose frames are caught. */
export function sessionOf(self: number, changes: Partial<SessionOptions> = {}): { readonly session: Session; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const session = new Session({
    run: RUN,
    self,
    config,
    layoutOf: (kind) => layouts[kind],
    stateElements: STATE_ELEMENTS,
    send: (peers, frame) => {
      for (const to of peers) sent.push({ to, frame: { ...frame, elements: frame.elements.slice() } });
    },
    save: () => undefined,
    complain: () => undefined,
    stateLost: () => undefined,
    idle: () => true,
    now: () => 0,
    defer: (action) => action(),
    ...changes,
  });
  return { session, sent };
}

/** What slot m of a step contributes: m + 1 everywhere. */
export const contribution = (slots: readonly number[], length = layouts.train.length): Int32Array =>
  new Int32Array(length).fill(slots.reduce((sum, slot) => sum + slot + 1, 0));

export const frameOf = (changes: Partial<Frame> = {}): Frame => ({
  run: RUN,
  view: 1,
  round: 0,
  kind: frameKinds.contribution,
  index: 0,
  sender: 2,
  coverage: Uint32Array.of(0b1100),
  elements: contribution([2, 3], 512),
  ...changes,
});

/** What this has become by now: tests wait for nothing that depends on time. */
export async function outcome<T>(
  promise: Promise<T>,
): Promise<{ readonly settled: boolean; readonly value?: T; readonly error?: unknown }> {
  const pending = { settled: false };
  const turns = (async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    return pending;
  })();
  return Promise.race([
    promise.then(
      (value) => ({ settled: true, value }),
      (error: unknown) => ({ settled: true, error }),
    ),
    turns,
  ]);
}
