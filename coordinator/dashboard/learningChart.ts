import uPlot from "uplot";
import { formatCount, formatDuration, formatLoss } from "./format.ts";
import { niceMaximum, SECONDS } from "./niceScale.ts";
import { AXIS_FONT, currentPalette, type Palette } from "./palette.ts";

export interface LearningChartOptions {
  readonly axis: "step" | "time";
  readonly logLoss: boolean;
  /** The reader looks at this index of the curves, or at none. */
  readonly onHover: (index: number | null) => void;
  /** The reader wants to see this part of the axis; null: everything. */
  readonly onZoom: (range: readonly [number, number] | null) => void;
}

/** Places of the curves in uPlot's data, which begins with x. */
const SERIES = { lossLow: 1, lossHigh: 2, loss: 3, trainAccuracy: 4, testAccuracy: 5 } as const;

/** Loss at the left (raw behind, smoothed before it), accuracy at the right; both over the same steps. */
export function createLearningChart(place: HTMLElement, options: LearningChartOptions): uPlot {
  const palette = currentPalette();
  return new uPlot(
    {
      width: place.clientWidth,
      height: place.clientHeight,
      legend: { show: false },
      scales: {
        x: { time: false },
        loss: options.logLoss
          ? { distr: 3, range: (_, low, high) => [low * 0.9, high * 1.1] }
          : { range: (_, __, high) => [0, niceMaximum(high)] },
        accuracy: { range: [0, 1] },
      },
      axes: axes(palette, options),
      series: series(palette),
      bands: [{ series: [SERIES.lossHigh, SERIES.lossLow], fill: palette.lossBand }],
      cursor: cursor(options),
      hooks: {
        setCursor: [(chart) => options.onHover(chart.cursor.idx ?? null)],
        setSelect: [(chart) => zoomToSelection(chart, options)],
      },
    },
    [[], [], [], [], [], []],
    place,
  );
}

const FIFTHS = [0, 1, 2, 3, 4, 5] as const;

function axes(palette: Palette, { axis, logLoss }: LearningChartOptions): uPlot.Axis[] {
  const common = { font: AXIS_FONT, grid: { show: false }, ticks: { show: false } };
  return [
    {
      ...common,
      stroke: palette.soft,
      values: (_, splits) => splits.map((split) => (axis === "time" ? formatDuration(split) : formatCount(split))),
      size: 32,
      ...(axis === "time" ? { space: 90, incrs: [...SECONDS] } : { space: 70 }),
    },
    {
      ...common,
      scale: "loss",
      stroke: palette.loss,
      grid: { show: true, stroke: palette.line, width: 1 },
      size: 46,
      // Five parts at either side, so that one grid serves both.
      ...(logLoss ? {} : { splits: (chart: uPlot) => FIFTHS.map((fifth) => (fifth * (chart.scales["loss"]?.max ?? 1)) / 5) }),
      values: (_, splits) => splits.map((split) => (split === null ? "" : String(Number(formatLoss(split))))),
    },
    {
      ...common,
      scale: "accuracy",
      side: 1,
      stroke: palette.test,
      size: 50,
      splits: () => FIFTHS.map((fifth) => fifth / 5),
      values: (_, splits) => splits.map((split) => `${Math.round(100 * split)}%`),
    },
  ];
}

function series(palette: Palette): uPlot.Series[] {
  const raw: uPlot.Series = { scale: "loss", stroke: palette.lossFaint, width: 1, spanGaps: true, points: { show: false } };
  return [
    {},
    raw,
    raw,
    { scale: "loss", stroke: palette.loss, width: 2, spanGaps: true, points: { show: false } },
    { scale: "accuracy", stroke: palette.train, width: 1.5, spanGaps: true, points: { show: false } },
    {
      scale: "accuracy",
      stroke: palette.test,
      width: 2,
      spanGaps: true,
      points: { show: showPoints, size: 6, fill: palette.surface, stroke: palette.test, width: 1.5 },
    },
  ];
}

/** Points of evaluations, as long as they do not run into one another. */
function showPoints(chart: uPlot, seriesIndex: number, begin: number, end: number): boolean {
  const values = chart.data[seriesIndex] ?? [];
  let count = 0;
  for (let i = begin; i <= end; i++) if (values[i] !== null) count++;
  return count < chart.width / 12;
}

function cursor(options: LearningChartOptions): uPlot.Cursor {
  return {
    y: false,
    // The select hook zooms instead: the curves are thinned anew for what is in sight.
    drag: { x: true, y: false, setScale: false },
    points: { show: true, size: 7 },
    bind: {
      dblclick: () => () => {
        options.onZoom(null);
        return null;
      },
    },
  };
}

function zoomToSelection(chart: uPlot, options: LearningChartOptions): void {
  const { left, width } = chart.select;
  if (width < 4) return;
  const range = [chart.posToVal(left, "x"), chart.posToVal(left + width, "x")] as const;
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  options.onZoom(range);
}
