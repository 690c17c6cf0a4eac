import type uPlot from "uplot";
import { listenToKeys } from "./chartKeys.ts";
import { followSize } from "./chartSize.ts";
import { type Curves, drawnCurves } from "./curves.ts";
import { byId, show, write } from "./dom.ts";
import { formatCount, formatDuration, formatLoss, formatPercent, NONE, plural } from "./format.ts";
import { createLearningChart } from "./learningChart.ts";
import { onPaletteChange } from "./palette.ts";
import type { RunHistory } from "./runHistory.ts";
import { SMOOTHING_STEPS } from "./smoothing.ts";

export interface LearningCard {
  draw(history: RunHistory): void;
  axis(): "step" | "time";
}

/** The chart with its controls and its readout. `changed` is called when a control asks for another picture. */
export function createLearningCard(changed: () => void): LearningCard {
  const place = byId("learning-plot");
  const smoothing = byId("smoothing", HTMLInputElement);
  const logLoss = byId("log-loss", HTMLInputElement);
  const timeAxis = document.querySelector<HTMLInputElement>('input[name="axis"][value="time"]');
  const axis = (): "step" | "time" => (timeAxis?.checked === true ? "time" : "step");
  let chart: uPlot | undefined;
  let curves: Curves | undefined;
  let range: readonly [number, number] | null = null;
  let hovered: number | null = null;

  const onHover = (index: number | null): void => {
    hovered = index;
    if (curves !== undefined) writeReadout(curves, axis(), hovered);
  };
  const onZoom = (wanted: readonly [number, number] | null): void => {
    range = wanted;
    changed();
  };
  const rebuild = (): void => {
    chart?.destroy();
    chart = undefined;
    changed();
  };

  document.querySelector(".switch")?.addEventListener("change", () => {
    range = null;
    rebuild();
  });
  logLoss.addEventListener("change", rebuild);
  smoothing.addEventListener("input", changed);
  byId("reset-zoom").addEventListener("click", () => onZoom(null));
  listenToKeys(place, () => chart, onZoom);
  followSize(place, () => chart, changed);
  onPaletteChange(rebuild);

  return {
    axis,
    draw(history) {
      const steps = SMOOTHING_STEPS[Number(smoothing.value)] ?? 1;
      write(byId("smoothing-steps"), steps === 1 ? "none" : plural(steps, "step"));
      const hasSteps = history.points.length > 0;
      show(byId("learning-empty"), !hasSteps);
      show(place, hasSteps);
      show(byId("reset-zoom"), range !== null);
      if (!hasSteps) return;
      curves = drawnCurves(history, { axis: axis(), smoothing: steps, range, groups: Math.max(500, 2 * place.clientWidth) });
      chart ??= createLearningChart(place, { axis: axis(), logLoss: logLoss.checked, onHover, onZoom });
      setData(chart, curves, range, logLoss.checked);
      writeReadout(curves, axis(), hovered);
      write(byId("thinned"), thinned(curves));
    },
  };
}

function setData(chart: uPlot, curves: Curves, range: readonly [number, number] | null, logLoss: boolean): void {
  const positive = (values: readonly (number | null)[]) => (logLoss ? values.map((y) => (y !== null && y > 0 ? y : null)) : values);
  const data = [
    curves.x,
    positive(curves.lossLow),
    positive(curves.lossHigh),
    positive(curves.loss),
    curves.trainAccuracy,
    curves.testAccuracy,
  ];
  const [min, max] = range ?? [Math.min(0, curves.x[0] ?? 0), Math.max(curves.x.at(-1) ?? 1, 1)];
  chart.batch(() => {
    chart.setData(data as uPlot.AlignedData, false);
    chart.setScale("x", { min, max });
  });
}

/** "Do not thin out my data; tell me when you do." */
function thinned({ stepsShown, groupSize }: Curves): string {
  if (groupSize === 1) return plural(stepsShown, "step");
  return `${formatCount(stepsShown)} steps, drawn in groups of ${formatCount(groupSize)} with each group’s least and greatest loss. Drag to zoom.`;
}

/** The values under the pointer, or else the newest. */
function writeReadout(curves: Curves, axis: "step" | "time", hovered: number | null): void {
  const i = hovered ?? curves.x.length - 1;
  const x = curves.x[i];
  if (x === undefined) return;
  const step = `step ${formatCount(curves.steps[i] ?? 0)}`;
  write(byId("readout-where"), `${hovered === null ? "Latest: " : ""}${axis === "time" ? `${formatDuration(x)}, ${step}` : step}`);
  write(byId("readout-loss"), text(known(curves.loss, i), formatLoss));
  write(byId("readout-raw"), raw(curves, i));
  write(byId("readout-train"), text(known(curves.trainAccuracy, i), formatPercent));
  write(
    byId("readout-test"),
    text(known(curves.testAccuracy, i), (share) => formatPercent(share, 2)),
  );
}

function raw({ lossLow, lossHigh }: Curves, i: number): string {
  const low = known(lossLow, i);
  const high = known(lossHigh, i);
  if (low === null || high === null) return "";
  return low === high ? `raw ${formatLoss(low)}` : `raw ${formatLoss(low)} … ${formatLoss(high)}`;
}

/** The value at i or the last one before it: evaluations are few. */
function known(values: readonly (number | null)[], i: number): number | null {
  for (let k = i; k >= 0; k--) {
    const value = values[k];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

const text = (value: number | null, format: (value: number) => string): string => (value === null ? NONE : format(value));
