import fc from "fast-check";
import { expect, test } from "vitest";
import { MalformedMessage } from "../../coordinator/protocol/codec.ts";
import { type Envelope, seal, unseal } from "../../coordinator/protocol/envelope.ts";

const bodies = fc.uint8Array({ maxLength: 100 });
const envelopes: fc.Arbitrary<Envelope> = fc.oneof(
  fc.record({ kind: fc.constant("control" as const), body: bodies }),
  fc.record({ kind: fc.constant("relay" as const), peer: fc.integer({ min: 0, max: 0xffff }), body: bodies }),
);

test.each<{ envelope: Envelope; hex: string }>([
  { envelope: { kind: "control", body: Uint8Array.of(0x81, 0xc0) }, hex: "0081c0" },
  { envelope: { kind: "relay", peer: 0x1234, body: Uint8Array.of(0xaa) }, hex: "013412aa" },
  { envelope: { kind: "relay", peer: 1, body: new Uint8Array(0) }, hex: "010100" },
])("PR6 $hex is an envelope of kind $envelope.kind", ({ envelope, hex }) => {
  expect(Buffer.from(seal(envelope)).toString("hex")).toBe(hex);
  expect(unseal(new Uint8Array(Buffer.from(hex, "hex")))).toEqual(envelope);
});

test("PR6 what is sealed is unsealed", () => {
  fc.assert(
    fc.property(envelopes, (envelope) => {
      expect(unseal(seal(envelope))).toEqual(envelope);
    }),
  );
});

test("PR6 a relayed frame stands at an aligned address", () => {
  const opened = unseal(seal({ kind: "relay", peer: 3, body: Uint8Array.of(1, 2, 3, 4) }));
  expect(opened.body.byteOffset % 4).toBe(0);
});

test.each([[], [1], [1, 5], [2, 0, 0], [255, 1, 1]])("PR6 the envelope %j is refused", (...bytes) => {
  expect(() => unseal(Uint8Array.from(bytes.flat()))).toThrow(new MalformedMessage("the envelope is neither control nor relay"));
});
