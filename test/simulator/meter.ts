/** How many, and how many bytes. */
export interface Count {
  messages: number;
  bytes: number;
}

const none = (): Count => ({ messages: 0, bytes: 0 });

/** What goes over the simulated network, from when it is begun. */
export class Meter {
  frames = none();
  relayed = none();
  /** By type: what the coordinator hears, and what it says. */
  readonly control = new Map<string, Count>();

  frame(bytes: number, relayed: boolean): void {
    add(this.frames, 1, bytes);
    if (relayed) add(this.relayed, 1, bytes);
  }

  heard(type: string, bytes: number): void {
    add(this.#of(type), 1, bytes);
  }

  said(type: string, receivers: number, bytes: number): void {
    add(this.#of(`${type} (said)`), receivers, receivers * bytes);
  }

  begin(): void {
    this.frames = none();
    this.relayed = none();
    this.control.clear();
  }

  #of(type: string): Count {
    const count = this.control.get(type) ?? none();
    this.control.set(type, count);
    return count;
  }
}

function add(count: Count, messages: number, bytes: number): void {
  count.messages += messages;
  count.bytes += bytes;
}
