import type { StateChunk } from "../../coordinator/protocol/messages.ts";
import { type Frame, frameKinds, MalformedFrame } from "../collective/frame.ts";
import { MAX_SLICE_ELEMENTS } from "../collective/vectorLayout.ts";

/** The frames that carry a replica's state as it is when `round` begins. */
export function* stateFrames(state: Int32Array, header: Pick<Frame, "run" | "view" | "round" | "sender">): Generator<Frame> {
  for (let index = 0; index * MAX_SLICE_ELEMENTS < state.length; index++) {
    const elements = state.subarray(index * MAX_SLICE_ELEMENTS, (index + 1) * MAX_SLICE_ELEMENTS);
    yield { ...header, kind: frameKinds.state, index, coverage: new Uint32Array(0), elements };
  }
}

/** The messages that carry a state to the coordinator, in chunks like those of the frames. */
export function* stateChunks(round: number, state: Int32Array): Generator<StateChunk> {
  const chunks = Math.ceil(state.length / MAX_SLICE_ELEMENTS);
  for (let index = 0; index < chunks; index++) {
    const elements = state.slice(index * MAX_SLICE_ELEMENTS, (index + 1) * MAX_SLICE_ELEMENTS);
    yield { type: "state", round, index, chunks, bytes: new Uint8Array(elements.buffer) };
  }
}

/** Puts the chunks of a state together, in whatever order they come. */
export class StateReceiver {
  readonly state: Int32Array;
  readonly #missing: Set<number>;

  constructor(elements: number) {
    this.state = new Int32Array(elements);
    this.#missing = new Set(Array.from({ length: Math.ceil(elements / MAX_SLICE_ELEMENTS) }, (_, index) => index));
  }

  get complete(): boolean {
    return this.#missing.size === 0;
  }

  receive({ index, elements }: Pick<Frame, "index" | "elements">): void {
    const begin = index * MAX_SLICE_ELEMENTS;
    const expected = Math.min(MAX_SLICE_ELEMENTS, this.state.length - begin);
    if (elements.length !== expected)
      throw new MalformedFrame(`chunk ${index} of the state has ${expected} elements, ${elements.length} came`);
    this.state.set(elements, begin);
    this.#missing.delete(index);
  }
}
