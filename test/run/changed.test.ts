import { expect, test } from "vitest";
import { noAudits } from "../../coordinator/run/audit.ts";
import { changed, changedAudits, changedPeer } from "../../coordinator/run/changed.ts";
import { emptyMembership, type Membership } from "../../coordinator/run/membership.ts";
import { simulatedConfig } from "../simulator/simulatedConfig.ts";
import { Swarm } from "../simulator/swarm.ts";

/** An object with these fields, each of which has a value of its own. */
const distinct = <T extends object>(like: T): T => Object.fromEntries(Object.keys(like).map((key, i) => [key, i])) as T;

/** Nothing is lost, or put in another's place. */
const expectCopy = <T extends object>(like: T, change: (of: T, to: Partial<T>) => T): void => {
  const original = distinct(like);
  const copy = change(original, {});
  expect(copy).toEqual(original);
  expect(copy).not.toBe(original);
};

test("copies of a membership and its audits have every field", () => {
  expectCopy<Membership>(emptyMembership, changed);
  expectCopy(noAudits, changedAudits);
  const before = distinct<Membership>(emptyMembership);
  expect(changed(before, { committed: 1000 })).toEqual({ ...before, committed: 1000 });
});

test("copies of a peer have every field", () => {
  const swarm = new Swarm(simulatedConfig(), 1, 1);
  swarm.join();
  const [peer] = swarm.membership.peers.values();
  expectCopy(peer, changedPeer);
});
