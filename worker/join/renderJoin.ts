import type { PeerStatus } from "../session/status.ts";
import { fill, mark, part, write } from "./fields.ts";
import { formatBytes, formatCount, formatHash, formatPercent, formatRate, NONE } from "./format.ts";
import { hasEnded, headline, type JoinStep, joinSteps, sentence } from "./joinView.ts";
import { drawLossTrace } from "./lossTrace.ts";

/** Shows a status: the page below the button is a function of it. */
export function renderJoin(status: PeerStatus): void {
  const ended = hasEnded(status);
  const showNumbers = status.progress.firstStep || status.stage === "training";
  mark(document.body, "stage", status.stage);
  document.title = `${headline(status)} · tabgrad`;
  fill(texts(status));
  part("steps").hidden = showNumbers;
  if (!showNumbers) renderSteps(joinSteps(status));
  part("numbers").hidden = !showNumbers;
  part("run-bar").style.transform = `scaleX(${status.steps > 0 ? Math.min(1, status.step / status.steps) : 0})`;
  if (status.loss !== null) drawLossTrace(part("loss-trace", SVGSVGElement), status.step, status.loss);
  part("leave").hidden = ended;
  part("again").hidden = !ended || status.stage === "finished";
  part("hidden-note").hidden = ended;
}

/** An error before the first status. */
export function renderFailure(words: string): void {
  mark(document.body, "stage", "failed");
  document.title = "Something went wrong · tabgrad";
  fill({ headline: "Something went wrong", sentence: words });
  part("leave").hidden = true;
  part("again").hidden = false;
  part("hidden-note").hidden = true;
}

function texts(status: PeerStatus): Record<string, string> {
  return {
    headline: headline(status),
    sentence: sentence(status),
    run: status.runName === "" ? "" : `${status.runName} · ${status.model}`,
    step: status.steps === 0 ? "" : `Step ${formatCount(status.step)} of ${formatCount(status.steps)}`,
    imagesPerSecond: formatRate(status.imagesPerSecond),
    share: formatPercent(status.share),
    imagesDone: formatCount(status.imagesDone),
    stepsDone: formatCount(status.stepsDone),
    bytesSent: formatBytes(status.bytesSent),
    bytesReceived: formatBytes(status.bytesReceived),
    loss: status.loss === null ? NONE : status.loss.toFixed(3),
    accuracy: status.accuracy === null ? NONE : formatPercent(status.accuracy),
    swarmImagesPerSecond: formatRate(status.swarmImagesPerSecond),
    peers: formatCount(status.peers),
    hash: status.hash === null ? NONE : formatHash(status.hash),
    numerics:
      status.numerics === null
        ? ""
        : `· ${formatCount(status.workers)} worker${status.workers === 1 ? "" : "s"}, ${status.numerics} arithmetic`,
    leaving: status.bytesSent > 0 ? `So far ${formatBytes(status.bytesSent)} were sent.` : "",
  };
}

const SIGNS = { waiting: "○", now: "◌", done: "✓", failed: "✗" } as const;

function renderSteps(steps: readonly JoinStep[]): void {
  const list = part("steps");
  while (list.childElementCount < steps.length) {
    const item = document.createElement("li");
    item.append(...["sign", "name", "detail"].map((name) => Object.assign(document.createElement("span"), { className: name })));
    list.append(item);
  }
  steps.forEach((step, i) => {
    const item = list.children[i] as HTMLElement;
    mark(item, "state", step.state);
    const texts = [SIGNS[step.state], step.name, step.detail];
    for (const [k, text] of texts.entries()) write(item.children[k] as Element, text);
  });
}
