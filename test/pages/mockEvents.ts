import type { RunEvent } from "../../coordinator/protocol/dashboard.ts";
import { hashOf, START, timeOf } from "./mockNumbers.ts";
import type { MockOptions } from "./mockRun.ts";

export const NAMES =
  "Kite Fox Owl Lynx Heron Otter Wren Ibex Newt Crane Moth Seal Hare Stoat Finch Panda Koala Tapir Gecko Bison Robin Mole Raven Swan Toad Yak Orca Puma Lark Civet".split(
    " ",
  );

/** What has happened by the time of a step, oldest first. */
export function mockEvents({ peers, phase, alarm }: MockOptions, step: number): RunEvent[] {
  const joins = NAMES.slice(0, Math.min(6, peers)).map((name, i) =>
    event(1500 * i, "join", `${name} joined; ${i + 1} of ${peers} peers are here`),
  );
  const later = [
    event(120_000, "warning", "Heron and Seal cannot link directly; their frames go through the coordinator"),
    event(308_000, "leave", "Kite left at step 812; its 2 slots went to Fox and Owl; no step was lost"),
    event(318_000, "join", "Kite came back; it fetched the state of step 839 from Lynx and holds the run’s bits"),
    event(
      341_000,
      "alarm",
      "Otter reported other bits for step 901 than the others; its slots were recomputed and it was synchronised anew",
    ),
  ].filter(({ at, kind }) => at < timeOf(step) && (kind === "alarm" ? alarm === true : peers > 5));
  const end: RunEvent = { at: timeOf(step), kind: "done", text: `The run is complete: ${step} steps, hash ${hashOf(step - 1)}` };
  return [...joins, ...later, ...(phase === "finished" ? [end] : [])];
}

const event = (afterMs: number, kind: RunEvent["kind"], text: string): RunEvent => ({ at: START + afterMs, kind, text });
