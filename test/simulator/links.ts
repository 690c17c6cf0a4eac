import { COORDINATOR, MAX_PEER_ID, type PeerId } from "../../coordinator/protocol/view.ts";
import type { Port, Way } from "./network.ts";

/** The direct connections between peers, who knows that which of them is no more, and the ways over them. */
export class Links {
  readonly #broken = new Set<number>();
  readonly #relayed = new Set<number>();
  /** Each is made once: nothing about it changes as long as its ends have their numbers. */
  readonly #ways = new Map<number, Way>();
  readonly #coordinator: Port;

  constructor(coordinator: Port) {
    this.#coordinator = coordinator;
  }

  /** From now on the connection of two peers carries nothing. False when it does so already, or one of them has no number, and so no links, yet. */
  break(a: PeerId, b: PeerId): boolean {
    if (Math.min(a, b) === COORDINATOR || this.broken(a, b)) return false;
    this.#broken.add(pairOf(a, b));
    return true;
  }

  broken(a: PeerId, b: PeerId): boolean {
    return this.#broken.has(pairOf(a, b));
  }

  /** Everybody connects anew, and numbers are given again: nothing of what was is left. */
  clear(): void {
    this.#broken.clear();
    this.#relayed.clear();
    this.#ways.clear();
  }

  /** `self` has noticed: what it sends to `other` goes through the coordinator. */
  notice(self: PeerId, other: PeerId): void {
    this.#relayed.add(numberOf(self, other));
  }

  relays(from: PeerId, to: PeerId): boolean {
    return this.#relayed.has(numberOf(from, to));
  }

  way(from: PeerId, to: PeerId, relayed: boolean, make: () => Way): Way {
    const number = 2 * numberOf(from, to) + (relayed ? 1 : 0);
    const known = this.#ways.get(number);
    if (known !== undefined) return known;
    const made = make();
    this.#ways.set(number, made);
    return made;
  }

  /** From a peer to the coordinator: in order; and what gets there wakes nobody, for the coordinator decides at once. */
  up(id: PeerId, peer: Port): Way {
    const make = (): Way => ({ name: `${id}>c`, ports: [peer, this.#coordinator], inOrder: true, alone: true });
    return this.way(id, COORDINATOR, false, make);
  }

  /** From the coordinator to a peer, in order. */
  down(id: PeerId, peer: Port): Way {
    const make = (): Way => ({ name: `c>${id}`, ports: [this.#coordinator, peer], inOrder: true });
    return this.way(COORDINATOR, id, false, make);
  }
}

const numberOf = (from: PeerId, to: PeerId): number => from * (MAX_PEER_ID + 1) + to;

const pairOf = (a: PeerId, b: PeerId): number => numberOf(Math.min(a, b), Math.max(a, b));
