import type { Port } from "./network.ts";
import type { SimulatedPeer } from "./simulatedPeer.ts";

/** A peer in the simulated world. */
export interface Seat extends Port {
  readonly peer: SimulatedPeer;
  alive: boolean;
  connected: boolean;
  frozenUntil: number;
  slowness: number;
  /** What its clock shows when the true time is t: offset + rate · t. */
  clock: { readonly offset: number; readonly rate: number };
}
