import type uPlot from "uplot";

/** Keeps a chart as large as its place. */
export function followSize(place: HTMLElement, chart: () => uPlot | undefined, resized: () => void): void {
  const observer = new ResizeObserver(() => {
    const current = chart();
    const { clientWidth: width, clientHeight: height } = place;
    if (current === undefined || width === 0 || (current.width === width && current.height === height)) return;
    current.setSize({ width, height });
    resized();
  });
  observer.observe(place);
}
