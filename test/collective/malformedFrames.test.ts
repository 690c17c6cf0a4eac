import { expect, test } from "vitest";
import { type Frame, frameKinds, MalformedFrame } from "../../worker/collective/frame.ts";
import { RoundExchange } from "../../worker/collective/roundExchange.ts";
import { combine, plainReduction } from "./numbers.ts";

const layout = { length: 1000, sumLength: 1000 }; // slices of 512 and 488 elements
const slots = 34;

function exchangeOfOwner(): RoundExchange {
  const exchange = new RoundExchange({ run: 1, self: 1, round: 0, slots, layout, send: () => undefined, onReduced: () => undefined });
  exchange.replan({ view: 1, owners: [1], receivers: [2] });
  return exchange;
}

const contribution = (changes: Partial<Frame>): Frame => ({
  run: 1,
  view: 1,
  round: 0,
  kind: frameKinds.contribution,
  index: 0,
  sender: 2,
  coverage: Uint32Array.of(0xffffffff, 3),
  elements: combine(
    Array.from({ length: slots }, (_, slot) => slot),
    layout,
  ).slice(0, 512),
  ...changes,
});

test.each<{ what: string; frame: Partial<Frame>; sentence: string }>([
  { what: "an unknown slice", frame: { index: 2 }, sentence: "slice 2 is not one of 2" },
  { what: "a slice of 2^32 − 1", frame: { index: 2 ** 32 - 1 }, sentence: "slice 4294967295 is not one of 2" },
  { what: "too few elements", frame: { elements: new Int32Array(511) }, sentence: "slice 0 has 512 elements, the frame has 511" },
  { what: "the length of another slice", frame: { index: 1 }, sentence: "slice 1 has 488 elements, the frame has 512" },
  {
    what: "a reduced slice without elements",
    frame: { kind: frameKinds.reduced, elements: new Int32Array(0) },
    sentence: "slice 0 has 512 elements, the frame has 0",
  },
  { what: "an empty coverage", frame: { coverage: new Uint32Array(2) }, sentence: "the coverage is not a non-empty set of 34 slots" },
  { what: "no coverage", frame: { coverage: new Uint32Array(0) }, sentence: "the coverage is not a non-empty set of 34 slots" },
  { what: "slot 34 of 34", frame: { coverage: Uint32Array.of(0, 4) }, sentence: "the coverage is not a non-empty set of 34 slots" },
  { what: "a long coverage", frame: { coverage: Uint32Array.of(1, 0, 0) }, sentence: "the coverage is not a non-empty set of 34 slots" },
])("FR6 $what is refused, and changes nothing", ({ frame, sentence }) => {
  const exchange = exchangeOfOwner();
  expect(() => exchange.receive(contribution(frame))).toThrow(new MalformedFrame(sentence));
  expect(exchange.missingSlots().length).toBe(slots);
  exchange.receive(contribution({}));
  exchange.receive(contribution({ index: 1, elements: plainReduction(slots, layout).slice(512) }));
  expect(exchange.vector).toEqual(plainReduction(slots, layout));
});
