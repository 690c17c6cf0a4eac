import { expect, test } from "vitest";
import { CreditedLink } from "../../worker/link/creditedLink.ts";
import type { Channel } from "../../worker/link/link.ts";

/** A channel that says it is open, and whose sending fails. */
function failing(error: Error): Channel {
  const send = () => {
    throw error;
  };
  return { binaryType: "", readyState: "open", onmessage: null, onclose: null, onerror: null, onopen: null, send, close: () => undefined };
}

test("LK4 a channel that the other side closes while something is sent harms nobody: its end is told afterwards", () => {
  const channel = failing(new DOMException("RTCDataChannel.readyState is not 'open'", "InvalidStateError"));
  const ends: string[] = [];
  const link = new CreditedLink(channel, { onBytes: () => undefined, onClosed: (why) => ends.push(why) });
  link.send(new Uint8Array(100));
  expect(ends).toEqual([]);
  channel.onclose?.(undefined as never);
  expect(ends).toEqual(["the data channel was closed"]);
});

test("LK4 any other failure of a channel is a bug, and thrown on", () => {
  const link = new CreditedLink(failing(new TypeError("bad bytes")), { onBytes: () => undefined, onClosed: () => undefined });
  expect(() => link.send(new Uint8Array(100))).toThrow("bad bytes");
});
