import { expect, test } from "vitest";
import { CreditedLink } from "../../worker/link/creditedLink.ts";
import type { Channel } from "../../worker/link/link.ts";

const CREDIT_BYTES = 8;

/** A channel that keeps what is sent, as real ones take it: until it fails. */
function channelOf(changes: Partial<Channel> = {}) {
  const sent: Uint8Array[] = [];
  const channel: Channel = {
    binaryType: "",
    onmessage: null,
    onclose: null,
    onerror: null,
    onopen: null,
    readyState: "open",
    send: (bytes) => void sent.push(bytes),
    close: () => undefined,
    ...changes,
  };
  const drained: number[] = [];
  const link = new CreditedLink(channel, {
    onBytes: () => undefined,
    onDrained: () => drained.push(sent.length),
    onClosed: () => undefined,
  });
  const credit = (bytes: number) => channel.onmessage?.({ data: new Uint8Array(Float64Array.of(bytes).buffer).buffer });
  return { channel, link, sent, drained, credit };
}

test("LK4 a link is idle when nothing waits for credit, and says when that comes about", () => {
  const { link, sent, drained, credit } = channelOf();
  for (let i = 0; i < 5; i++) link.send(new Uint8Array(100_000));
  expect([sent.length, link.idle]).toEqual([2, false]); // 256 KiB may be under way
  credit(100_000);
  expect([sent.length, link.idle, drained]).toEqual([3, false, []]);
  credit(300_000);
  expect([sent.length, link.idle, drained]).toEqual([5, true, [5]]);
});

test("LK4 a channel that closes while bytes are sent ends nothing but itself", () => {
  const closing = () => {
    throw new DOMException("RTCDataChannel.readyState is not 'open'", "InvalidStateError");
  };
  const { channel, link } = channelOf({ send: closing });
  link.send(new Uint8Array(50));
  expect(link.idle).toBe(false);
  expect(() => channel.onmessage?.({ data: new Uint8Array(40_000 + CREDIT_BYTES).buffer })).not.toThrow(); // a credit is due
});

test("LK4 anything else that goes wrong in sending is told", () => {
  const { link } = channelOf({
    send: () => {
      throw new TypeError("not bytes");
    },
  });
  expect(() => link.send(new Uint8Array(50))).toThrow("not bytes");
});
