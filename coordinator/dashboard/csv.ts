import type { EvaluationPoint, StepPoint } from "../protocol/dashboard.ts";
import { meanLoss } from "../protocol/meanLoss.ts";
import type { Run } from "./run.ts";
import { mean } from "./runHistory.ts";

const HEADER =
  "step,epoch,unix_ms,train_loss,train_accuracy,learning_rate,images,peers,saturated,non_finite,skipped,hash,test_accuracy,test_loss";

/** Every step at full resolution, one line each; an evaluation stands in the line of the step that it follows. */
export function toCsv({
  points,
  evaluations,
}: {
  readonly points: readonly StepPoint[];
  readonly evaluations: readonly EvaluationPoint[];
}): string {
  const evaluationAfter = new Map(evaluations.map((evaluation) => [evaluation.step - 1, evaluation]));
  const lines = points.map(({ step, epoch, at, metrics, members, hash }) =>
    [
      step,
      epoch,
      at,
      lossCell(metrics),
      cell(mean(metrics.correct, metrics.images)),
      metrics.learningRate,
      metrics.images,
      members,
      metrics.saturated,
      metrics.nonFinite,
      metrics.skipped,
      hash,
      ...evaluationCells(evaluationAfter.get(step)),
    ].join(","),
  );
  return `${[HEADER, ...lines].join("\n")}\n`;
}

/** Saves the file in the reader's browser; nothing is asked of the coordinator. */
export function offerCsv(button: HTMLElement, run: () => Run | undefined): void {
  button.addEventListener("click", () => {
    const current = run();
    if (current === undefined) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([toCsv(current.history)], { type: "text/csv" }));
    link.download = `${current.snapshot.runName}.csv`;
    link.click();
    // Some browsers begin to read only after the click was handled.
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

function evaluationCells(evaluation: EvaluationPoint | undefined): string[] {
  if (evaluation === undefined) return ["", ""];
  return [cell(mean(evaluation.correct, evaluation.images)), lossCell(evaluation)];
}

/** NaN as pandas and R read it, when the loss was not finite; nothing without an image. */
const lossCell = (of: Parameters<typeof meanLoss>[0]): string => (of.images > 0 ? String(meanLoss(of)) : "");

const cell = (value: number): string => (Number.isFinite(value) ? String(value) : "");
