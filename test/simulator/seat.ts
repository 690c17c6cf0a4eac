import { type Port, portOf } from "./network.ts";
import type { SimulatedPeer } from "./simulatedPeer.ts";
import type { VirtualTime } from "./virtualTime.ts";

/** A peer in the simulated world. */
export interface Seat extends Port {
  readonly peer: SimulatedPeer;
  alive: boolean;
  connected: boolean;
  frozenUntil: number;
  slowness: number;
  /** What it is proven to have done wrong is no fault of the swarm's. */
  readonly hostile: boolean;
  /** What its clock shows when the true time is t: offset + rate · t. */
  clock: { readonly offset: number; readonly rate: number };
}

/** Its peer is put there when it has been made. */
export const openSeat = (hostile: boolean): Seat => {
  const clock = { offset: 0, rate: 1 };
  return { ...portOf(), alive: true, connected: false, frozenUntil: 0, slowness: 1, clock, hostile } as Seat;
};

/** For a peer that is frozen, everything waits until it goes on. */
export function afterFor(time: VirtualTime, seat: Seat, milliseconds: number, run: () => void): void {
  const due = Math.max(time.now + milliseconds, seat.frozenUntil);
  if (milliseconds === 0 && due === time.now) goOn(time, seat, run);
  else time.after(due - time.now, () => goOn(time, seat, run));
}

function goOn(time: VirtualTime, seat: Seat, run: () => void): void {
  if (!seat.alive) return;
  if (seat.frozenUntil > time.now) afterFor(time, seat, seat.frozenUntil - time.now, run);
  else run();
}
