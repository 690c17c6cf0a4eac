/** Points of the trace; when it is full, every other one goes, so that it always spans the whole session. */
const MOST_POINTS = 240;

/** Units of the SVG's view box. */
const WIDTH = 300;
const HEIGHT = 60;

interface Sample {
  readonly step: number;
  readonly loss: number;
}

let samples: readonly Sample[] = [];

/** Adds the swarm's loss to a small curve without axes: enough to see it fall. */
export function drawLossTrace(svg: SVGSVGElement, step: number, loss: number): void {
  if (samples.at(-1)?.step === step) return;
  samples = extended(samples, { step, loss });
  svg.toggleAttribute("hidden", samples.length < 3);
  svg.querySelector("path")?.setAttribute("d", tracePath(samples));
}

export function extended(before: readonly Sample[], sample: Sample): readonly Sample[] {
  const kept = before.length < MOST_POINTS ? before : before.filter((_, i) => i % 2 === 0);
  return [...kept, sample];
}

/** From the greatest loss at the top to the least at the bottom, a stroke's width inside the edges. */
export function tracePath(points: readonly Sample[]): string {
  const steps = points.map(({ step }) => step);
  const losses = points.map(({ loss }) => loss);
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const place = ({ step, loss }: Sample): string => {
    const x = (WIDTH * (step - first)) / Math.max(1, last - first);
    const y = 2 + (HEIGHT - 4) * (high > low ? (high - loss) / (high - low) : 0.5);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  };
  return `M${points.map(place).join("L")}`;
}
