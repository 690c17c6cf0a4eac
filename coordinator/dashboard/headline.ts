import { meanLoss } from "../protocol/meanLoss.ts";
import type { RoundMetrics } from "../protocol/messages.ts";
import { byId, write } from "./dom.ts";
import {
  formatCount,
  formatDuration,
  formatEta,
  formatLearningRate,
  formatLoss,
  formatMilliseconds,
  formatPercent,
  formatRate,
  NONE,
  plural,
} from "./format.ts";
import type { Run } from "./run.ts";

/** The numbers that are asked for first. */
export function renderHeadline(run: Run): void {
  const { snapshot, history, state } = run;
  const { config } = snapshot;
  const last = history.last;
  const texts: Record<string, string> = {
    step: formatCount(state.step),
    steps: `of ${formatCount(config.steps)} (${formatPercent(state.step / config.steps)})`,
    epoch: `${formatCount(state.epoch + 1)} of ${formatCount(Math.ceil(config.steps / snapshot.stepsPerEpoch))}`,
    "step-time": last === undefined ? NONE : `${formatMilliseconds(history.millisecondsPerStep())} ms`,
    "global-batch": `${formatCount(config.slots * config.microBatch)} images (${formatCount(config.slots)} × ${formatCount(config.microBatch)})`,
    "learning-rate": last === undefined ? NONE : formatLearningRate(last.metrics.learningRate),
    "train-loss": last === undefined ? NONE : lossText(last.metrics),
    sentence: state.sentence,
    ...rateTexts(run),
    ...accuracyTexts(run),
    ...timeTexts(run),
    ...peerTexts(run),
  };
  for (const [id, text] of Object.entries(texts)) write(byId(id), text);
  byId("progress").style.transform = `scaleX(${Math.min(1, state.step / config.steps)})`;
}

const lossText = (metrics: RoundMetrics): string => (metrics.nonFinite > 0 ? "not finite" : formatLoss(meanLoss(metrics)));

function rateTexts({ history, state }: Run): Record<string, string> {
  if (state.phase !== "finished") return { "images-per-second": formatRate(state.imagesPerSecond), "rate-detail": "of the whole swarm" };
  const images = history.points.slice(1).reduce((sum, { metrics }) => sum + metrics.images, 0);
  return { "images-per-second": formatRate(images / history.secondsAt(history.last?.at ?? 0)), "rate-detail": "on average" };
}

function accuracyTexts({ snapshot, history }: Run): Record<string, string> {
  const best = history.bestEvaluation();
  if (best !== undefined)
    return { "best-accuracy": formatPercent(best.accuracy, 2), "best-epoch": `after epoch ${formatCount(best.epoch + 1)}` };
  return { "best-accuracy": NONE, "best-epoch": snapshot.config.evaluate ? "after the first epoch" : "this run does not evaluate" };
}

function timeTexts({ history, state }: Run): Record<string, string> {
  const finished = state.phase === "finished";
  const training = history.secondsAt(finished ? (history.last?.at ?? state.at) : state.at);
  if (finished) return { "eta-title": "Training took", eta: formatDuration(training), elapsed: "complete" };
  return { "eta-title": "Time left", eta: formatEta(state.secondsLeft), elapsed: `${formatDuration(training)} elapsed` };
}

function peerTexts({ state }: Run): Record<string, string> {
  const present = state.peers.filter((peer) => peer.state !== "lost");
  const members = present.filter((peer) => peer.state === "member").length;
  const joining = present.length - members;
  return {
    "peers-contributing": formatCount(members),
    "peers-present": joining > 0 ? `${plural(joining, "more peer")} on the way` : `of ${formatCount(present.length)} here`,
  };
}
