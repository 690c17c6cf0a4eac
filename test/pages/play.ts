/**
 * Plays a run for eyes: `npx vite build && npx tsx test/pages/play.ts --peers 30 --steps 1000 --phase running --port 8090`.
 * Also `--alarm`, `--synthetic`; `--phase waiting --peers 0 --steps 0` is the page that waits for its first peer.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startMock } from "./mock.ts";

const { values } = parseArgs({
  options: {
    peers: { type: "string", default: "30" },
    steps: { type: "string", default: "1000" },
    phase: { type: "string", default: "running" },
    port: { type: "string", default: "8090" },
    alarm: { type: "boolean", default: false },
    synthetic: { type: "boolean", default: false },
  },
});
const phase = values.phase;
if (phase !== "waiting" && phase !== "running" && phase !== "finished")
  throw new Error(`--phase is waiting, running or finished, not ${phase}`);
const mock = await startMock(
  fileURLToPath(new URL("../../dist/pages", import.meta.url)),
  { peers: Number(values.peers), steps: Number(values.steps), phase, alarm: values.alarm, synthetic: values.synthetic },
  Number(values.port),
);
if (phase === "running") setInterval(() => mock.advance(1), 370);
process.stdout.write(`${mock.origin}\n`);
