import type { VirtualTime } from "./virtualTime.ts";
import { Windows } from "./windows.ts";

/** An end of the network: a peer's, or the coordinator's. Its line carries one thing after another, each way. */
export interface Port {
  /** Infinite: only latency counts. */
  bytesPerMs: number;
  /** On top of the network's own, each way. */
  latencyMs: number;
  sendsUntil: number;
  receivesUntil: number;
}

export const portOf = (bytesPerMs = Number.POSITIVE_INFINITY): Port => ({ bytesPerMs, latencyMs: 0, sendsUntil: 0, receivesUntil: 0 });

/** How something goes: from the first of the ports to the last, under a name; things of one name stay in order, if they are to. */
export interface Way {
  readonly name: string;
  /** What arrives wakes nobody (`VirtualTime.afterAlone`). */
  readonly alone?: true;
  readonly ports: readonly Port[];
  readonly inOrder: boolean;
}

interface Parcel {
  readonly way: Way;
  readonly arrive: () => void;
}

/** Latency, rates and partitions. Nothing is lost here: what meets a severed way waits until it is healed, as TCP and SCTP make it. */
export class VirtualNetwork {
  /** For what is sent between peers, of which only so much may be under way. */
  readonly windows = new Windows(this);
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
    if (isUneven(way.ports)) this.#hop(way, 0, bytes, arrive);
    else this.#deliver(way, this.#time.now + this.#transfer(way.ports, bytes), arrive);
  }

  #deliver(way: Way, there: number, arrive: () => void): void {
    const { now } = this.#time;
    const at = way.inOrder ? Math.max(this.#lastAt.get(way.name) ?? 0, there) : there + 10 * this.latency() * this.#time.random();
    if (way.inOrder) this.#lastAt.set(way.name, at);
    if (way.alone) this.#time.afterAlone(at - now, () => this.#arrive({ way, arrive }));
    else this.#time.after(at - now, () => this.#arrive({ way, arrive }));
  }

  /** From a slow line into a fast one: the fast one is taken when the bytes get there, not when they are sent, for others come before. */
  #hop(way: Way, i: number, bytes: number, arrive: () => void): void {
    const { now } = this.#time;
    const [from, to] = [way.ports[i], way.ports[i + 1]];
    const began = Math.max(now, from.sendsUntil);
    from.sendsUntil = began + bytes / from.bytesPerMs;
    const soonest = began + this.latency() + from.latencyMs + to.latencyMs;
    const stretch = `${way.name} ${i}`;
    const first = way.inOrder ? Math.max(this.#lastAt.get(stretch) ?? 0, soonest) : soonest;
    this.#lastAt.set(stretch, first);
    this.#time.after(first - now, () => {
      to.receivesUntil = Math.max(first, to.receivesUntil) + bytes / to.bytesPerMs;
      const last = Math.max(to.receivesUntil, first + bytes / from.bytesPerMs);
      if (i + 2 === way.ports.length) this.#deliver(way, last, arrive);
      else this.#time.after(last - first, () => this.#hop(way, i + 1, bytes, arrive));
    });
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
      const began = from.sendsUntil - bytes / from.bytesPerMs + this.latency() + from.latencyMs + to.latencyMs;
      to.receivesUntil = Math.max(began, to.receivesUntil) + bytes / to.bytesPerMs;
      at = Math.max(to.receivesUntil, from.sendsUntil + began - (from.sendsUntil - bytes / from.bytesPerMs));
    }
    return at - now;
  }
}

/** Whether some of the lines are slower than others. */
function isUneven(ports: readonly Port[]): boolean {
  for (let i = 1; i < ports.length; i++) if (ports[i].bytesPerMs !== ports[0].bytesPerMs) return true;
  return false;
}
