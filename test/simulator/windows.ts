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
    const window = this.#windows.get(way.name) ?? { underWay: 0, queue: [] };
    this.#windows.set(way.name, window);
    window.queue.push({ bytes, arrive });
    this.#drain(way, window);
  }

  #drain(way: Way, window: Window): void {
    for (let next = window.queue[0]; next !== undefined; next = window.queue[0]) {
      if (window.underWay > 0 && window.underWay + next.bytes > WINDOW_BYTES) return;
      const { bytes, arrive } = next;
      window.queue.shift();
      window.underWay += bytes;
      this.#network.carry(way, bytes, () => {
        window.underWay -= bytes;
        arrive();
        this.#drain(way, window);
      });
    }
  }
}
