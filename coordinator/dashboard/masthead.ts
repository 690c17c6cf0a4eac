import { byId, mark, show, write } from "./dom.ts";
import type { ConnectionState } from "./eventStream.ts";
import { formatCount, formatDuration } from "./format.ts";
import type { Run } from "./run.ts";

const DATASET_NAMES = { "cifar-10": "CIFAR-10", synthetic: "synthetic stand-in data" } as const;
const PHASE_NAMES = { waiting: "Waiting", running: "Training", finished: "Finished" } as const;

/** Which run this is, and how it stands. */
export function renderMasthead({ snapshot, state }: Run): void {
  const { config, runName } = snapshot;
  write(byId("run-name"), runName);
  write(
    byId("run-facts"),
    [config.model, DATASET_NAMES[config.dataset.name], `${formatCount(config.steps)} steps`, `seed ${config.seed}`].join(" · "),
  );
  const title = `${PHASE_NAMES[state.phase]} · ${runName} · tabgrad`;
  if (document.title !== title) document.title = title;
  const phase = byId("phase");
  show(phase, true);
  write(phase, PHASE_NAMES[state.phase]);
  mark(phase, "phase", state.phase);
  show(byId("synthetic"), config.dataset.name === "synthetic");
}

/** Whether the numbers are live. Once live, a loss is a notice of its own: what the page shows is then old. */
export function renderConnection(connection: ConnectionState): void {
  const words = { connecting: "Connecting …", live: "Live", lost: "Not connected" } as const;
  const target = byId("connection");
  write(target, words[connection.kind]);
  mark(target, "kind", connection.kind);
  show(byId("lost"), connection.kind === "lost");
  if (connection.kind !== "lost") return;
  write(
    byId("lost-text"),
    `The connection to the coordinator is lost; trying again in ${formatDuration(Math.ceil(connection.retryMs / 1000))}. The peers may well go on meanwhile: the numbers here are the last that came.`,
  );
}
