import { createHasher } from "../../engine/replica/hasher.ts";
import { type Frame, frameKinds } from "../../worker/collective/frame.ts";
import { slicesOf } from "../../worker/collective/vectorLayout.ts";
import { type Manifest, manifestElements } from "../../worker/session/stateManifest.ts";
import { RUN, STATE_ELEMENTS } from "./sessionScene.ts";

export const state = Int32Array.from({ length: STATE_ELEMENTS }, (_, i) => Math.imul(i, 0x9e3779b1));

/** Another one: its first and its last chunk differ. */
export const wrongState = state.map((word, i) => (i === 7 || i === STATE_ELEMENTS - 1 ? word ^ 1 : word));

const chunks = slicesOf(STATE_ELEMENTS);
export const STATE_CHUNKS = chunks.length;

export function manifestOfState(of: Int32Array): Manifest {
  const hasher = createHasher(of.length);
  hasher.elements.set(of);
  return BigUint64Array.from(slicesOf(of.length), ({ begin, end }) => hasher.hash(begin, end));
}

export function hashOfState(of: Int32Array): string {
  const hasher = createHasher(of.length);
  hasher.elements.set(of);
  return hasher.hash(0, of.length).toString(16).padStart(16, "0");
}

export const stateHash = hashOfState(state);

export const chunkOf = (of: Int32Array, index: number): Int32Array => {
  const { begin, end } = slicesOf(of.length)[index] ?? { begin: 0, end: 0 };
  return of.slice(begin, end);
};

const frameOf = (kind: Frame["kind"], round: number, sender: number, index: number, elements: Int32Array): Frame => ({
  run: RUN,
  view: 0,
  round,
  kind,
  index,
  sender,
  coverage: new Uint32Array(0),
  elements,
});

export const manifestFrame = (round: number, sender: number, of: Int32Array = state): Frame =>
  frameOf(frameKinds.manifest, round, sender, 0, manifestElements(manifestOfState(of)));

export const chunkFrame = (round: number, sender: number, index: number, of: Int32Array = state): Frame =>
  frameOf(frameKinds.state, round, sender, index, chunkOf(of, index));
