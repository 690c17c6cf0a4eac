import { Command } from "commander";
import { randomIdentity } from "../session/identity.ts";
import { Peer } from "../session/peer.ts";
import { PeerStopped } from "../session/peerStopped.ts";
import type { PeerStatus } from "../session/status.ts";
import { nodePlatform } from "./nodePlatform.ts";

const program = new Command("npm run peer --")
  .description("Joins a run as a headless peer: the same as opening its join link in a tab.")
  .argument("<url>", "the join link that the coordinator shows, e.g. http://192.168.1.20:8080/join?token=…")
  .option("--name <name>", "how the dashboard calls this peer", `node-${process.pid}`)
  .option("--workers <n>", "compute workers (threads)", "1")
  .option("--quiet", "say nothing but errors", false)
  .parse();

const options = program.opts<{ name: string; workers: string; quiet: boolean }>();
const url = parseUrl(program.args[0] as string);
const workers = Number(options.workers);
if (!Number.isInteger(workers) || workers < 1 || workers > 256) fail(`--workers is a whole number from 1 to 256, not ${options.workers}`);

let said = "";
const say = (status: PeerStatus) => {
  if (options.quiet || status.sentence === said) return;
  said = status.sentence;
  process.stdout.write(`${options.name}: ${said}\n`);
};

const token = url.searchParams.get("token") ?? "";
const peer = new Peer(nodePlatform(), { origin: url.origin, token, name: options.name, workers, identity: randomIdentity() }, say);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => peer.leave());
try {
  await peer.run();
  process.exit(0);
} catch (error) {
  if (!(error instanceof PeerStopped)) throw error;
  if (error.stage === "left") process.exit(0);
  fail(error.message);
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) fail(`"${text}" is not a join link; it looks like http://192.168.1.20:8080/join?token=…`);
  return new URL(text);
}

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
