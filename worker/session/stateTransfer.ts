import { type Frame, frameKinds, MalformedFrame } from "../collective/frame.ts";
import { MAX_SLICE_ELEMENTS } from "../collective/vectorLayout.ts";

/** The frames that carry a replica's state as it is when `round` begins. */
export function* stateFrames(state: Int32Array, header: Pick<Frame, "run" | "view" | "round" | "sender">): Generator<Frame> {
  for (let index = 0; index * MAX_SLICE_ELEMENTS < state.length; index++) {
    const elements = state.subarray(index * MAX_SLICE_ELEMENTS, (index + 1) * MAX_SLICE_ELEMENTS);
    yield { ...header, kind: frameKinds.state, index, coverage: new Uint32Array(0), elements };
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

  receive(frame: Frame): void {
    const begin = frame.index * MAX_SLICE_ELEMENTS;
    const expected = Math.min(MAX_SLICE_ELEMENTS, this.state.length - begin);
    if (frame.elements.length !== expected) {
      throw new MalformedFrame(`chunk ${frame.index} of the state has ${expected} elements, the frame has ${frame.elements.length}`);
    }
    this.state.set(frame.elements, begin);
    this.#missing.delete(frame.index);
  }
}
