import uPlot from "uplot";
import { followSize } from "./chartSize.ts";
import { byId, show, write } from "./dom.ts";
import { formatCount, formatDuration, formatRate } from "./format.ts";
import { niceMaximum, SECONDS } from "./niceScale.ts";
import { AXIS_FONT, currentPalette, onPaletteChange } from "./palette.ts";
import type { RunHistory } from "./runHistory.ts";
import { type Throughput, throughput } from "./throughput.ts";

export interface SpeedCard {
  draw(history: RunHistory, axis: "step" | "time"): void;
}

/** A small chart holds no more groups than that. */
const GROUPS = 120;

/** The swarm's images per second over the run: dips are peers that left, rises are peers that came. */
export function createSpeedCard(): SpeedCard {
  const place = byId("speed-plot");
  let chart: uPlot | undefined;
  let drawn: { readonly speeds: Throughput; readonly axis: "step" | "time" } | undefined;

  const onHover = (index: number | null): void => {
    const rate = index === null ? undefined : drawn?.speeds.imagesPerSecond[index];
    const x = index === null ? undefined : drawn?.speeds.x[index];
    if (rate === undefined || x === undefined) write(byId("speed-readout"), "");
    else write(byId("speed-readout"), `${formatRate(rate)} at ${drawn?.axis === "time" ? formatDuration(x) : `step ${formatCount(x)}`}`);
  };
  const drawCurrent = (): void => {
    if (drawn === undefined || drawn.speeds.x.length === 0) return;
    const { x, imagesPerSecond } = drawn.speeds;
    chart ??= createSpeedChart(place, () => drawn?.axis ?? "step", onHover);
    chart.setData([[...x], [...imagesPerSecond]]);
  };

  followSize(place, () => chart, drawCurrent);
  onPaletteChange(() => {
    chart?.destroy();
    chart = undefined;
    drawCurrent();
  });
  return {
    draw(history, axis) {
      if (drawn !== undefined && drawn.axis !== axis) {
        chart?.destroy();
        chart = undefined;
      }
      drawn = { speeds: throughput(history, axis, GROUPS), axis };
      show(byId("speed-empty"), drawn.speeds.x.length === 0);
      show(place, drawn.speeds.x.length > 0);
      drawCurrent();
    },
  };
}

function createSpeedChart(place: HTMLElement, axis: () => "step" | "time", onHover: (index: number | null) => void): uPlot {
  const palette = currentPalette();
  const common = { font: AXIS_FONT, stroke: palette.soft, grid: { show: false }, ticks: { show: false } };
  return new uPlot(
    {
      width: place.clientWidth,
      height: place.clientHeight,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { x: { time: false }, y: { range: (_, __, high) => [0, niceMaximum(high)] } },
      axes: [
        {
          ...common,
          size: 32,
          space: 60,
          ...(axis() === "time" ? { incrs: [...SECONDS] } : {}),
          values: (_, splits) => splits.map((split) => (axis() === "time" ? formatDuration(split) : formatCount(split))),
        },
        {
          ...common,
          size: 50,
          splits: (chart) => [0, 0.5, 1].map((part) => part * (chart.scales["y"]?.max ?? 1)),
          grid: { show: true, stroke: palette.line, width: 1 },
          values: (_, splits) => splits.map(formatRate),
        },
      ],
      series: [{}, { stroke: palette.accent, width: 1.5, fill: palette.accentFaint, points: { show: false } }],
      hooks: { setCursor: [(chart) => onHover(chart.cursor.idx ?? null)] },
    },
    [[], []],
    place,
  );
}
