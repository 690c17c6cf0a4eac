import { expect, test } from "vitest";
import { decodeCoordinatorMessage, encodeMessage, MAX_MESSAGE_BYTES } from "../../coordinator/protocol/codec.ts";
import { MAX_VIEWS, type View } from "../../coordinator/protocol/view.ts";
import { viewMessages } from "../../coordinator/run/viewMessages.ts";
import { Coordination, sent } from "./membershipScene.ts";

const MEMBERS = 18;

/** Short rounds, so that permits reach as far as they may; then a newcomer, and so a view, every other round. */
function crowded(): Coordination {
  const scene = new Coordination({ minPeers: MEMBERS }, { steps: 5000, slots: 64, evaluate: false });
  for (let i = 0; i < MEMBERS; i++) scene.enter(`P${i}`);
  const members = scene.at("member");
  const round = (number: number) => {
    for (const id of members) scene.done(id, number);
    scene.now += 20;
  };
  for (let number = 0; number < 80; number++) round(number);
  for (let i = 0; i < 17; i++) {
    scene.enter(`N${i}`);
    round(80 + 2 * i);
    round(81 + 2 * i);
  }
  return scene;
}

test("PR3 VI4 a repair renews as many views as a lease has rounds, and every peer can read them", () => {
  const scene = crowded();
  const [lost] = scene.at("member");
  const messages = sent(scene.lose(lost as number), "views").map(({ message }) => message);
  expect(messages.flatMap(({ views }) => views).length).toBeGreaterThan(17);
  for (const message of messages) expect(decodeCoordinatorMessage(encodeMessage(message))).toEqual(message);
});

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => 60_000 + (i % 5000));

const large = (view: number): View => ({
  view,
  fromRound: 1e9 + view,
  begins: false,
  members: numbers(1000),
  observers: numbers(24).map((peer) => ({ peer, donors: [60_000, 60_001, 60_002, 60_003], stateOfRound: 1e9 })),
  slotHolders: numbers(4096),
  owners: numbers(64),
  seats: numbers(1024),
});

test("PR3 views that do not fit in one message go in several, in order, of which all but the last say so", () => {
  const views = Array.from({ length: MAX_VIEWS }, (_, i) => large(i + 1));
  const messages = viewMessages(views, "Käuzchen ".repeat(200));
  expect(messages.length).toBeLessThan(MAX_VIEWS / 8);
  for (const message of messages) {
    expect(encodeMessage(message).length).toBeLessThan(MAX_MESSAGE_BYTES);
    expect(decodeCoordinatorMessage(encodeMessage(message))).toEqual(message);
  }
  expect(messages.flatMap((message) => message.views)).toEqual(views);
  expect(messages.map(({ more }) => more ?? false)).toEqual(messages.map((_, i) => i < messages.length - 1));
});
