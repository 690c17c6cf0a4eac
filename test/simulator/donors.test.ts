import { expect, test } from "vitest";
import { roundCount } from "../../coordinator/protocol/rounds.ts";
import { MAX_OBSERVERS_OF_A_DONOR, waitingObservers } from "../../coordinator/run/donors.ts";
import { decodeFrame, encodeFrame, frameKinds } from "../../worker/collective/frame.ts";
import { noFaults } from "./faults.ts";
import type { Seat } from "./seat.ts";
import { simulate } from "./simulate.ts";
import { simulatedConfig } from "./simulatedConfig.ts";
import { Swarm } from "./swarm.ts";

const config = simulatedConfig({ steps: 60 });
const alone = simulate({ config, seed: 1, peers: 1, faults: noFaults });

/** A run of so many peers, which newcomers join in its sixth round; `happen` is called after every event. */
async function joined(seed: number, peers: number, newcomers: number, happen: (swarm: Swarm) => void): Promise<Swarm> {
  const swarm = new Swarm(config, seed, peers);
  for (let i = 0; i < peers; i++) swarm.join();
  let open = newcomers;
  for (let events = 0; swarm.membership.phase !== "finished"; events++) {
    if (!(await swarm.time.step()) || events > 2_000_000) throw new Error(`the run hangs:\n${swarm.reasons.slice(-30).join("\n")}`);
    for (; open > 0 && swarm.membership.committed > 5; open--) swarm.join();
    happen(swarm);
  }
  const hash = swarm.membership.hashes.get(roundCount(config) - 1);
  expect(hash, swarm.reasons.join("\n")).toBe((await alone).hash);
  return swarm;
}

/** The newcomer, while some chunks of its state are there and others are not. */
function halfway(swarm: Swarm): { readonly newcomer: Seat; readonly donors: readonly Seat[] } | undefined {
  const newcomer = swarm.alive().find(({ peer: { session } }) => {
    const { held = 0, chunks = 0 } = session?.transfer.incoming?.progress ?? {};
    return held > 0 && held < chunks;
  });
  const entry = swarm.membership.views.at(-1)?.observers.find(({ peer }) => peer === newcomer?.peer.id);
  if (newcomer === undefined || entry === undefined) return undefined;
  return { newcomer, donors: swarm.alive().filter(({ peer }) => entry.donors.includes(peer.id)) };
}

const seeds = Array.from({ length: 12 }, (_, i) => i + 1);

test.each(seeds)("ST5 AR2 a donor dies while it sends a state: the others send the rest, for the same round (seed %i)", async (seed) => {
  let agreed: number | undefined;
  let killed = 0;
  const swarm = await joined(seed, 4, 1, (now) => {
    const found = killed === 0 ? halfway(now) : undefined;
    if (found === undefined) return;
    agreed = now.membership.views.at(-1)?.observers[0]?.stateOfRound;
    now.kill(found.donors[killed++ % found.donors.length]);
  });
  expect(killed).toBe(1);
  const said = swarm.reasons.filter((text) => / will follow from round /.test(text));
  expect(said.length, said.join("\n")).toBe(1);
  expect(said[0]).toContain(`will follow from round ${agreed},`);
  expect(swarm.reasons.some((text) => /P5 .* takes? part from round/.test(text))).toBe(true);
});

test.each(seeds)("ST6 ME12 all donors die: the newcomer gets a later state from those who are left (seed %i)", async (seed) => {
  let killed = 0;
  const swarm = await joined(seed, 6, 1, (now) => {
    const found = killed === 0 ? halfway(now) : undefined;
    for (const donor of found?.donors ?? []) {
      now.kill(donor);
      killed++;
    }
  });
  expect(killed).toBe(4);
  const said = swarm.reasons.flatMap((text) => / will follow from round (\d+),/.exec(text)?.[1] ?? []).map(Number);
  expect(said.length).toBeGreaterThanOrEqual(2);
  expect(said.at(-1)).toBeGreaterThan(said[0]);
  expect(swarm.reasons.some((text) => /P7 .* takes? part from round/.test(text))).toBe(true);
});

test.each(seeds)("ST4 a donor sends wrong chunks: they are refused, and the newcomer has the run's bits (seed %i)", async (seed) => {
  let liar: Seat | undefined;
  const swarm = await joined(seed, 5, 1, (now) => {
    now.tamper ??= (from, bytes) => {
      const frame = decodeFrame(bytes);
      if (frame.kind !== frameKinds.state) return bytes;
      liar ??= from;
      if (from !== liar) return bytes;
      return encodeFrame({ ...frame, elements: frame.elements.map((word, i) => (i === 3 ? ~word : word)) });
    };
  });
  const accused = /(P\d) \(peer \d\) sent what cannot be part of this run, .*its manifest says/.exec(swarm.reasons.join("\n"))?.[1];
  expect(accused).toBe(liar?.peer.name);
  expect(swarm.reasons.some((text) => /P6 .* takes? part from round/.test(text))).toBe(true);
});

test.each([1, 2, 3])("ST7 fifty newcomers at once: nobody gives to more than four, and all take part (seed %i)", async (seed) => {
  let most = 0;
  const swarm = await joined(seed, 4, 50, ({ membership }) => {
    const waiting = waitingObservers(membership);
    for (const id of membership.peers.keys()) most = Math.max(most, waiting.filter(({ donors }) => donors.includes(id)).length);
  });
  expect(most).toBe(MAX_OBSERVERS_OF_A_DONOR);
  const members = [...swarm.membership.peers.values()].filter(({ stage }) => stage === "member");
  expect(members.length).toBe(54);
});
