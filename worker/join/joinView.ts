import type { PeerStatus } from "../session/status.ts";
import { formatBytes, formatCount } from "./format.ts";

/** One line of the list that shows how joining goes. */
export interface JoinStep {
  readonly name: string;
  readonly state: "waiting" | "now" | "done" | "failed";
  readonly detail: string;
}

const HEADLINES: Record<PeerStatus["stage"], string> = {
  starting: "Getting ready …",
  connecting: "Connecting …",
  linking: "Meeting the other tabs …",
  resting: "Your line is slow: resting …",
  synchronising: "Catching up …",
  training: "You are training",
  finished: "The run is complete",
  left: "You have left",
  refused: "This tab cannot take part",
  failed: "Something went wrong",
};

export const headline = (status: PeerStatus): string => HEADLINES[status.stage];

/** The session is over, one way or another. */
export const hasEnded = ({ stage }: PeerStatus): boolean =>
  stage === "finished" || stage === "left" || stage === "refused" || stage === "failed";

/** At the end there is something to thank for, besides what the peer says. */
export function sentence(status: PeerStatus): string {
  if (!hasEnded(status) || status.imagesDone === 0) return status.sentence;
  const thanks = `Thank you, ${status.name}: this tab computed ${formatCount(status.imagesDone)} images in ${formatCount(status.stepsDone)} steps.`;
  return status.stage === "failed" ? `${status.sentence} ${thanks}` : `${thanks} ${status.sentence}`;
}

/** An error's message as sentences, with what to do. */
export function failureSentence(message: string): string {
  const text = message.trim().replace(/\.$/, "");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}. Joining again usually helps.`;
}

/** What must happen before this tab contributes. Data and links come side by side, so both may be "now". */
export function joinSteps(status: PeerStatus): JoinStep[] {
  const { engine, connected, dataBytes, linked, toLink, firstStep } = status.progress;
  const synchronised = firstStep || status.stage === "training" || status.stage === "synchronising";
  const steps = [
    step("Engine ready", engine, true, engine ? workers(status) : "compiling the kernels and testing them"),
    step("Connected to the coordinator", connected, engine, connected ? status.runName : ""),
    step("Training data", firstStep, connected, dataBytes > 0 ? `${formatBytes(dataBytes)} received` : ""),
    step("Linked with the other tabs", synchronised && linked >= toLink, connected, links(connected, linked, toLink)),
    step("First step done", firstStep, synchronised, status.stage === "synchronising" ? "fetching the parameters as they are now" : ""),
  ];
  if (status.stage !== "failed" && status.stage !== "refused") return steps;
  const broken = steps.findIndex(({ state }) => state !== "done");
  return steps.map((each, i) => {
    if (i === broken) return { ...each, state: "failed" };
    return each.state === "now" ? { ...each, state: "waiting" } : each;
  });
}

function step(name: string, done: boolean, begun: boolean, detail: string): JoinStep {
  return { name, state: done ? "done" : begun ? "now" : "waiting", detail };
}

function workers({ workers: count, numerics }: PeerStatus): string {
  return `${formatCount(count)} worker${count === 1 ? "" : "s"}${numerics === null ? "" : `, ${numerics} arithmetic`}`;
}

function links(connected: boolean, linked: number, toLink: number): string {
  if (!connected) return "";
  return toLink === 0 ? "nobody else is here yet" : `${formatCount(linked)} of ${formatCount(toLink)}`;
}
