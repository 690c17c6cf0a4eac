import type { Channel } from "./link.ts";

/** What a pumped channel and its stand-in say to each other, besides the messages themselves (ArrayBuffers). */
type PortNews = "open" | "closed" | "failed" | "close";

/** On the thread that owns the channel: passes everything on, both ways. */
export function pump(channel: Channel, port: MessagePort): void {
  const tell = (news: PortNews) => port.postMessage(news);
  channel.binaryType = "arraybuffer";
  channel.onopen = () => tell("open");
  channel.onclose = () => tell("closed");
  channel.onerror = () => tell("failed");
  channel.onmessage = ({ data }) => port.postMessage(data, [data as ArrayBuffer]);
  port.onmessage = ({ data }: MessageEvent<ArrayBuffer | PortNews>) => {
    if (data instanceof ArrayBuffer) {
      if (channel.readyState === "open") channel.send(new Uint8Array(data));
    } else if (data === "close") channel.close();
  };
  if (channel.readyState === "open") tell("open");
}

/** On another thread: a channel whose messages take one more step. */
export class PortChannel implements Channel {
  binaryType = "arraybuffer";
  onmessage: Channel["onmessage"] = null;
  onclose: Channel["onclose"] = null;
  onerror: Channel["onerror"] = null;
  onopen: Channel["onopen"] = null;
  readonly #port: MessagePort;
  #state = "connecting";

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<ArrayBuffer | PortNews>) => {
      if (data instanceof ArrayBuffer) this.onmessage?.({ data });
      else this.#turn(data);
    };
  }

  get readyState(): string {
    return this.#state;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    const copy = bytes.slice().buffer;
    this.#port.postMessage(copy, [copy]);
  }

  close(): void {
    this.#state = "closed";
    this.#port.postMessage("close" satisfies PortNews);
  }

  #turn(news: PortNews): void {
    this.#state = news === "open" ? "open" : "closed";
    const listener = news === "open" ? this.onopen : news === "closed" ? this.onclose : this.onerror;
    listener?.(undefined as never);
  }
}
