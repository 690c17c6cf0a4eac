import { describe, expect, test } from "vitest";
import { agreement, bitPattern } from "../../coordinator/dashboard/bitsPanel.ts";
import { toCsv } from "../../coordinator/dashboard/csv.ts";
import { retryDelayMs } from "../../coordinator/dashboard/eventStream.ts";
import { isLoopback } from "../../coordinator/dashboard/joinLink.ts";
import { linkSummary, listed } from "../../coordinator/dashboard/peerTable.ts";
import type { PeerRow } from "../../coordinator/protocol/dashboard.ts";
import { failureSentence, joinSteps, sentence } from "../../worker/join/joinView.ts";
import { extended, tracePath } from "../../worker/join/lossTrace.ts";
import { randomNickname } from "../../worker/join/nickname.ts";
import { workersFor } from "../../worker/join/power.ts";
import { readWishes } from "../../worker/join/wishes.ts";
import type { PeerStatus } from "../../worker/session/status.ts";
import { training } from "./joinScenes.ts";
import { MockRun } from "./mockRun.ts";

const run = new MockRun({ peers: 4, steps: 100, phase: "running" }).snapshot();
const [kite, fox, owl, lynx] = run.state.peers as [PeerRow, PeerRow, PeerRow, PeerRow];

describe("the dashboard", () => {
  test.each([
    [[], "No peer has reported a hash yet."],
    [[{ ...kite, hashAgrees: null }], "No peer has reported a hash yet."],
    [[kite], "One peer holds these parameters. Every other would hold the same, to the bit."],
    [[kite, fox, { ...owl, hashAgrees: null }], "All 2 peers hold the same parameters, to the bit."],
    [[kite, { ...fox, hashAgrees: false }, owl], "2 of 3 peers agree. Other bits: Fox."],
  ] as const)("says how many replicas agree: %#", (members, words) => expect(agreement(members)).toBe(words));

  test("draws each of the 64 bits once, as a one or as a zero", () => {
    expect(bitPattern("8000000000000001", "1")).toBe("M0 0h.86v.86h-.86zM15 3h.86v.86h-.86z");
    for (const hash of ["0000000000000000", "a3f109bc77de0142", "ffffffffffffffff"]) {
      expect(`${bitPattern(hash, "0")}${bitPattern(hash, "1")}`.match(/M/g)).toHaveLength(64);
    }
  });

  test("lists peers in the order of their coming, and those that are gone at the end", () => {
    const peers = [lynx, { ...kite, state: "lost" as const }, owl, fox];
    expect(listed(peers).map(({ name }) => name)).toEqual(["Fox", "Owl", "Lynx", "Kite"]);
  });

  test("counts a link once, and as relayed if either end says so", () => {
    const link = (peer: number, state: "direct" | "relayed" | "lost" | "linking") => ({ peer, state });
    const peers = [
      { ...kite, links: [link(2, "direct"), link(3, "direct")] },
      { ...fox, links: [link(1, "direct"), link(3, "linking")] },
      { ...owl, links: [link(1, "relayed"), link(2, "lost")] },
    ];
    expect(linkSummary(peers)).toBe("1 direct link, 1 relayed");
    expect(linkSummary([{ ...kite, links: [] }])).toBe("");
  });

  test("writes one CSV line a step, with an evaluation in the line of the step before it", () => {
    const lines = toCsv({ points: run.steps, evaluations: run.evaluations }).trimEnd().split("\n");
    expect(lines).toHaveLength(101);
    expect(new Set(lines.map((line) => line.split(",").length))).toEqual(new Set([14]));
    const evaluated = lines.filter((line) => !line.endsWith(",,"));
    expect(evaluated.map((line) => line.split(",")[0])).toEqual(["step", "97"]);
  });

  test("tries again after half a second, then after longer, never more than 15 s", () => {
    expect([0, 1, 2, 3, 4, 5, 20].map(retryDelayMs)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  });

  test.each([
    ["localhost", true],
    ["127.0.0.1", true],
    ["[::1]", true],
    ["192.168.1.20", false],
    ["example.org", false],
  ])("knows whether others can open a link to %s", (host, local) => expect(isLoopback(host)).toBe(local));
});

describe("the join page", () => {
  const at = (progress: Partial<PeerStatus["progress"]>, stage: PeerStatus["stage"]) =>
    joinSteps({
      ...training,
      stage,
      progress: { engine: false, connected: false, dataBytes: 0, linked: 0, toLink: 0, firstStep: false, ...progress },
    }).map(({ state }) => state);

  test.each([
    [{}, "starting", ["now", "waiting", "waiting", "waiting", "waiting"]],
    [{ engine: true }, "connecting", ["done", "now", "waiting", "waiting", "waiting"]],
    [{ engine: true, connected: true, linked: 1, toLink: 3 }, "linking", ["done", "done", "now", "now", "waiting"]],
    [{ engine: true, connected: true, linked: 3, toLink: 3 }, "synchronising", ["done", "done", "now", "done", "now"]],
    [{ engine: true, connected: true, firstStep: true }, "training", ["done", "done", "done", "done", "done"]],
    [{}, "failed", ["failed", "waiting", "waiting", "waiting", "waiting"]],
    [{ engine: true, connected: true, toLink: 3 }, "failed", ["done", "done", "failed", "waiting", "waiting"]],
    [{ engine: true }, "refused", ["done", "failed", "waiting", "waiting", "waiting"]],
  ] as const)("shows the steps of joining: %#", (progress, stage, states) => expect(at(progress, stage)).toEqual(states));

  test("thanks at the end, with what was done", () => {
    expect(sentence({ ...training, stage: "finished", sentence: "The run is complete." })).toBe(
      "Thank you, Merry Otter: this tab computed 58,752 images in 612 steps. The run is complete.",
    );
    expect(sentence({ ...training, stage: "refused", sentence: "No.", imagesDone: 0 })).toBe("No.");
    expect(sentence(training)).toBe(training.sentence);
  });

  test.each([
    ["the connection was lost (code 1006)", "The connection was lost (code 1006). Joining again usually helps."],
    ["No memory was left.", "No memory was left. Joining again usually helps."],
  ])("makes sentences of the error %s", (message, words) => expect(failureSentence(message)).toBe(words));

  test.each([
    ["?token=abc", { token: "abc", name: null, workers: null, auto: false }],
    ["?token=abc&auto&name=%20Kite%20&workers=3", { token: "abc", name: "Kite", workers: 3, auto: true }],
    ["?token=&name=&workers=0", { token: null, name: null, workers: null, auto: false }],
    ["?workers=9999", { token: null, name: null, workers: 256, auto: false }],
    ["?workers=two", { token: null, name: null, workers: null, auto: false }],
    [`?name=${"x".repeat(99)}`, { token: null, name: "x".repeat(40), workers: null, auto: false }],
  ])("reads what the link %s asks for", (query, wishes) => expect(readWishes(new URL(`http://here/join${query}`))).toEqual(wishes));

  test.each([
    [1, [1, 1, 1]],
    [2, [1, 1, 2]],
    [8, [1, 4, 8]],
  ])("offers a device with %i cores three sizes of share", (cores, workers) => {
    expect((["eco", "balanced", "full"] as const).map((power) => workersFor(power, cores))).toEqual(workers);
  });

  test("makes a name of a mood and an animal, whatever the random numbers", () => {
    for (const value of [0, 1, 1e6, 0xffffffff])
      expect(randomNickname((values) => values.fill(value))).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
  });

  test("draws the loss from its greatest at the top to its least at the bottom, inside the box", () => {
    const samples = [
      { step: 10, loss: 2 },
      { step: 20, loss: 1 },
      { step: 30, loss: 1.5 },
    ];
    expect(tracePath(samples)).toBe("M0.0 2.0L150.0 58.0L300.0 30.0");
  });

  test("keeps a trace of the whole session in few points", () => {
    let samples: readonly { step: number; loss: number }[] = [];
    for (let step = 0; step < 10_000; step++) samples = extended(samples, { step, loss: 1 });
    expect(samples.length).toBeLessThanOrEqual(240);
    expect([samples[0]?.step, samples.at(-1)?.step]).toEqual([0, 9999]);
  });
});
