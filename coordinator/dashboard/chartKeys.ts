import type uPlot from "uplot";

/** The chart by keyboard: arrows read values (with Shift in larger strides), plus and minus zoom about them, Escape shows everything. */
export function listenToKeys(
  place: HTMLElement,
  chart: () => uPlot | undefined,
  zoom: (range: readonly [number, number] | null) => void,
): void {
  place.addEventListener("keydown", (event) => {
    const current = chart();
    if (current === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const stride = event.shiftKey ? 25 : 1;
    if (event.key === "ArrowLeft") moveCursor(current, -stride);
    else if (event.key === "ArrowRight") moveCursor(current, stride);
    else if (event.key === "+" || event.key === "=") zoom(zoomed(current, 0.5));
    else if (event.key === "-") zoom(zoomed(current, 2));
    else if (event.key === "Escape") {
      current.setCursor({ left: -10, top: -10 });
      zoom(null);
    } else return;
    event.preventDefault();
  });
}

/** To the next value to be seen, at least one pixel on. */
function moveCursor(chart: uPlot, stride: number): void {
  const xs = chart.data[0];
  const from = chart.cursor.idx ?? (stride > 0 ? -1 : xs.length);
  let to = Math.min(xs.length - 1, Math.max(0, from + stride));
  const before = chart.cursor.left ?? -1;
  while (to > 0 && to < xs.length - 1 && Math.abs(chart.valToPos(xs[to] as number, "x") - before) < 1) to += Math.sign(stride);
  chart.setCursor({ left: chart.valToPos(xs[to] as number, "x"), top: 0 });
}

/** The visible part of the axis, times `factor`, about the cursor or else the middle; null when it is everything. */
function zoomed(chart: uPlot, factor: number): readonly [number, number] | null {
  const xs = chart.data[0];
  const min = chart.posToVal(0, "x");
  const max = chart.posToVal(chart.over.clientWidth, "x");
  const first = xs[0] ?? 0;
  const last = xs.at(-1) ?? 0;
  const index = chart.cursor.idx;
  const centre = index === null || index === undefined ? (min + max) / 2 : (xs[index] as number);
  const from = centre - (centre - min) * factor;
  const to = centre + (max - centre) * factor;
  return from <= first && to >= last && factor > 1 ? null : [from, to];
}
