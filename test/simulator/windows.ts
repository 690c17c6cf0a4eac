import type { VirtualNetwork, Way } from "./network.ts";

/** What a data channel lets be under way, as `worker/link/creditedLink.ts` does it. */
const WINDOW_BYTES = 256 * 1024;

interface Window {
  underWay: number;
  readonly queue: { readonly bytes: number; readonly arrive: () => void }[];
}

/** Frames between two peers: what does not fit in the window waits at the sender, instead of filling the receiver's line. */
export class Windows {
  readonly #network: VirtualNetwork;
  readonly #windows = new Map<string, Window>();

  constructor(network: VirtualNetwork) {
    this.#network = network;
  }

  carry(way: Way, bytes: number, arrive: () => void): void {
    const window = this.#windows.get(way.name) ?? this.#open(way.name);
    if (window.queue.length === 0 && fits(window, bytes)) this.#send(way, window, bytes, arrive);
    else window.queue.push({ bytes, arrive });
  }

  #open(name: string): Window {
    const window: Window = { underWay: 0, queue: [] };
    this.#windows.set(name, window);
    return window;
  }

  #send(way: Way, window: Window, bytes: number, arrive: () => void): void {
    window.underWay += bytes;
    this.#network.carry(way, bytes, () => {
      window.underWay -= bytes;
      arrive();
      for (let next = window.queue[0]; next !== undefined && fits(window, next.bytes); next = window.queue[0]) {
        window.queue.shift();
        this.#send(way, window, next.bytes, next.arrive);
      }
    });
  }
}

const fits = ({ underWay }: Window, bytes: number): boolean => underWay === 0 || underWay + bytes <= WINDOW_BYTES;
