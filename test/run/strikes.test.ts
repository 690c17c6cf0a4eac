import { expect, test } from "vitest";
import type { Account } from "../../coordinator/protocol/audit.ts";
import { strike } from "../../coordinator/run/strikes.ts";
import { answer, drops, inquiryInto, otherwise, truthOf } from "./auditScene.ts";
import { announced, begun, type Coordination, helloOf, sent, texts } from "./membershipScene.ts";

const everything = { auditShare: 1, leaseMs: 1 };

const MINUTE = 60_000;

/** A proof against the peer of this name, under the number that it has now. */
function prove(scene: Coordination, id: number): string {
  const { hello } = scene.state.peers.get(id) ?? { hello: helloOf("nobody") };
  const decision = strike(scene.state, { id, name: `${hello.name} (peer ${id})`, identity: hello.identity }, "lied", scene.now);
  scene.state = decision.state;
  for (const peer of drops(decision)) scene.lose(peer);
  return texts(decision).join();
}

test("AU6 the first proof makes a peer begin again; what it did before that counts no more", () => {
  const scene = begun(3);
  expect(prove(scene, 2)).toBe("Fox (peer 2) lied; it begins again with the run's state");
  expect(scene.state.peers.has(2)).toBe(false);
  const identity = helloOf("Fox").identity;
  expect(strike(scene.state, { id: 2, name: "Fox (peer 2)", identity }, "lied before", scene.now).effects).toEqual([]);
  expect(scene.stage(scene.enter("Fox"))).toBe("observer");
});

test("AU6 the second proof removes it for ten minutes, and each further one for twice as long", () => {
  const scene = begun(3);
  prove(scene, 2);
  for (const minutes of [10, 20, 40]) {
    const id = scene.enter("Fox");
    expect(prove(scene, id)).toMatch(new RegExp(`times and is removed for ${minutes} minutes$`));
    scene.now += (minutes - 1) * MINUTE;
    const refused = scene.apply({ type: "join", hello: helloOf("Fox") });
    expect(refused.effects).toMatchObject([
      { type: "refuse", reason: "cool-down", sentence: expect.stringMatching(/it may join again in a minute$/) },
    ]);
    expect(scene.apply({ type: "join", hello: helloOf("Owl") }).effects).toMatchObject([{ type: "send" }]); // others may
    scene.now += MINUTE;
  }
  expect(scene.stage(scene.join("Fox"))).toBe("preparing");
});

test("AU8 one word against another: neither owns slices from the next planned view on, and nobody is dropped", () => {
  const scene = begun(5, everything);
  const { checks } = inquiryInto(scene, 0);
  expect(checks).toHaveLength(5);
  const decision = answer(scene, 0, {
    accounts: new Map([
      [3, (honest) => ({ ...honest, sent: honest.sent.map(({ slots, sums }) => ({ slots, sums: otherwise(sums, 3) })) })],
    ]),
    // Block 1, of which peer 2 is the owner: peer 3 says that it sent something else than peer 2 says it received.
    recomputed: new Map(
      checks.filter(({ audited }) => audited === 3).map(({ auditor }) => [auditor, (sums: number[]) => otherwise(sums, 3)]),
    ),
  });
  // What the auditor says agrees with what the audited says; only the owner received otherwise: the coordinator has to look.
  const [{ message }] = sent(decision, "show");
  const verdict = scene.apply({ type: "arbitrated", inquiry: message.inquiry, result: { sums: [otherwise(truthOf(3), 3)] } });
  expect(drops(verdict)).toEqual([]);
  expect(texts(verdict)).toEqual([
    expect.stringMatching(
      /^Owl \(peer 3\) and Fox \(peer 2\) contradict each other: .*; neither sums up slices any more, until it is clear who is wrong$/,
    ),
  ]);
  expect(new Set(announced(verdict)[0].owners)).toEqual(new Set([1, 4, 5]));
});

test("AU4 who contributes slots that another held is proven wrong by those who received them", () => {
  const scene = begun(5, everything);
  const forged = (honest: Account): Account => ({
    ...honest,
    received: honest.received.map((piece) => (piece.sender === 2 ? { ...piece, sender: 4 } : piece)),
  });
  const decision = answer(scene, 0, { accounts: new Map([1, 2, 3, 5].map((id) => [id, forged])) });
  expect(drops(decision)).toEqual([4]);
  expect(texts(decision)).toEqual([
    "Elk (peer 4) contributed slots to round 0 that another peer held; it begins again with the run's state",
  ]);
});

test("AU8 who has the word of more than half of the members against its own is proven wrong", () => {
  const scene = begun(5, everything);
  const { checks } = inquiryInto(scene, 0);
  // Peer 3 says that it sent what its slots give, and the owners of blocks 0, 1, 3 and 4 received something else.
  const decision = answer(scene, 0, {
    sent: new Map([[3, truthOf(3).map((sum) => sum + 1)]]),
    accounts: new Map([[3, (honest) => ({ ...honest, sent: [{ slots: honest.sent[0].slots, sums: truthOf(3) }] })]]),
  });
  expect(checks.length).toBe(5);
  const [{ message }] = sent(decision, "show");
  const verdict = scene.apply({ type: "arbitrated", inquiry: message.inquiry, result: { sums: [truthOf(3)] } });
  expect(drops(verdict)).toEqual([3]);
  expect(texts(verdict)).toEqual([
    "Owl (peer 3) sent 4 of 5 members other numbers than its slots of round 0 give; it begins again with the run's state",
  ]);
});
