import type { VirtualTime } from "./virtualTime.ts";

/** An end of the network: a peer's, or the coordinator's. Its line carries one thing after another, each way. */
export interface Port {
  /** Infinite: only latency counts. */
  bytesPerMs: number;
  sendsUntil: number;
  receivesUntil: number;
}

export const portOf = (bytesPerMs = Number.POSITIVE_INFINITY): Port => ({ bytesPerMs, sendsUntil: 0, receivesUntil: 0 });

/** How something goes: from the first of the ports to the last, under a name; things of one name stay in order, if they are to. */
export interface Way {
  readonly name: string;
  readonly ports: readonly Port[];
  readonly inOrder: boolean;
}

interface Parcel {
  readonly way: Way;
  readonly arrive: () => void;
}

/** Latency, rates and partitions. Nothing is lost here: what meets a severed way waits until it is healed, as TCP and SCTP make it. */
export class VirtualNetwork {
  readonly #time: VirtualTime;
  readonly #lastAt = new Map<string, number>();
  readonly #held = new Map<string, Parcel[]>();
  /** Undefined: nothing is. */
  #severed: ((from: Port, to: Port) => boolean) | undefined;
  /** Milliseconds from one port to the next. */
  latency: () => number;

  constructor(time: VirtualTime) {
    this.#time = time;
    this.latency = () => 0.5 + 4 * time.random() ** 4;
  }

  /** From now on nothing gets from one port to another for which this says so. What can go on again does. */
  sever(severed: ((from: Port, to: Port) => boolean) | undefined): void {
    this.#severed = severed;
    const waiting = [...this.#held.values()];
    this.#held.clear();
    for (const parcel of waiting.flat()) this.#arrive(parcel); // before anything that was sent later
  }

  isSevered({ ports }: Pick<Way, "ports">): boolean {
    const severed = this.#severed;
    return severed !== undefined && ports.some((port, i) => i > 0 && severed(ports[i - 1], port));
  }

  carry(way: Way, bytes: number, arrive: () => void): void {
    const { now } = this.#time;
    const there = now + this.#transfer(way.ports, bytes);
    const at = way.inOrder ? Math.max(this.#lastAt.get(way.name) ?? 0, there) : there + 10 * this.latency() * this.#time.random();
    if (way.inOrder) this.#lastAt.set(way.name, at);
    this.#time.after(at - now, () => this.#arrive({ way, arrive }));
  }

  #arrive(parcel: Parcel): void {
    const held = this.#held.size === 0 ? undefined : this.#held.get(parcel.way.name);
    if (held !== undefined) held.push(parcel);
    else if (this.isSevered(parcel.way)) this.#held.set(parcel.way.name, [parcel]);
    else parcel.arrive();
  }

  /** Store and forward: over each stretch it takes the slower line's time, when both are free, and a latency. */
  #transfer(ports: readonly Port[], bytes: number): number {
    const { now } = this.#time;
    let at = now;
    for (let i = 1; i < ports.length; i++) {
      const [from, to] = [ports[i - 1], ports[i]];
      from.sendsUntil = Math.max(at, from.sendsUntil) + bytes / from.bytesPerMs;
      const began = from.sendsUntil - bytes / from.bytesPerMs + this.latency();
      to.receivesUntil = Math.max(began, to.receivesUntil) + bytes / to.bytesPerMs;
      at = Math.max(to.receivesUntil, from.sendsUntil + began - (from.sendsUntil - bytes / from.bytesPerMs));
    }
    return at - now;
  }
}
