import { COORDINATOR } from "../../coordinator/protocol/view.ts";
import type { Port, Way } from "./network.ts";

/** The direct connections between peers, and who knows that which of them is no more. */
export class Links {
  readonly #broken = new Set<string>();
  readonly #relayed = new Set<string>();

  /** From now on the connection of two peers carries nothing. False when it does so already, or one of them has no number, and so no links, yet. */
  break(a: number, b: number): boolean {
    if (Math.min(a, b) === COORDINATOR || this.broken(a, b)) return false;
    this.#broken.add(pairOf(a, b));
    return true;
  }

  broken(a: number, b: number): boolean {
    return this.#broken.has(pairOf(a, b));
  }

  /** Everybody connects anew, and numbers are given again: nothing of what was is left. */
  clear(): void {
    this.#broken.clear();
    this.#relayed.clear();
  }

  /** `self` has noticed: what it sends to `other` goes through the coordinator. */
  notice(self: number, other: number): void {
    this.#relayed.add(`${self}>${other}`);
  }

  relays(from: number, to: number): boolean {
    return this.#relayed.has(`${from}>${to}`);
  }
}

const pairOf = (a: number, b: number): string => `${Math.min(a, b)}-${Math.max(a, b)}`;

/** Between a peer and the coordinator everything stays in order. */
export const controlWay = (name: string, from: Port, to: Port): Way => ({ name, ports: [from, to], inOrder: true });
