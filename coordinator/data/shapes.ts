import type { Random } from "./random.ts";

/** A figure in a square window of the image: the pixels with |x - cx| ≤ r and |y - cy| ≤ r. */
export interface Figure {
  readonly cx: number;
  readonly cy: number;
  readonly r: number;
  /** Whether the pixel at distance (dx, dy) from the centre is inked, for |dx|, |dy| ≤ r. */
  readonly inked: (dx: number, dy: number) => boolean;
}

interface FigureClass {
  readonly name: string;
  /** One figure of the class, at a place and of a size drawn from `random`. */
  readonly draw: (random: Random) => Figure;
}

const { abs, max, min } = Math;

/** A figure of radius r and stroke t. */
const silhouette = (name: string, inside: (dx: number, dy: number, r: number, t: number) => boolean): FigureClass => ({
  name,
  draw: (random) => {
    const r = random.between(6, 12);
    const t = random.between(2, 4);
    return { r, cx: random.between(11, 20), cy: random.between(11, 20), inked: (dx, dy) => inside(dx, dy, r, t) };
  },
});

/** A window filled with a pattern; u and v are the row and column in units of a stripe's width. */
const texture = (name: string, filled: (u: number, v: number) => boolean): FigureClass => ({
  name,
  draw: (random) => {
    const r = random.between(8, 13);
    const width = random.between(2, 4);
    const shift = random.between(0, 2 * width - 1) + r; // from the window's corner
    const inked = (dx: number, dy: number) => filled(Math.floor((dy + shift) / width), Math.floor((dx + shift) / width));
    return { r, cx: random.between(12, 19), cy: random.between(12, 19), inked };
  },
});

/** The ten classes. Every one is its own mirror image, so that a horizontal flip never changes the label. */
export const FIGURE_CLASSES: readonly FigureClass[] = [
  silhouette("disc", (dx, dy, r) => dx * dx + dy * dy <= r * r),
  silhouette("ring", (dx, dy, r, t) => dx * dx + dy * dy <= r * r && dx * dx + dy * dy > (r - t) * (r - t)),
  silhouette("square", (dx, dy, r) => max(abs(dx), abs(dy)) < r),
  silhouette("frame", (dx, dy, r, t) => max(abs(dx), abs(dy)) > r - t),
  silhouette("triangle", (dx, dy, r) => 2 * abs(dx) <= dy + r),
  silhouette("plus", (dx, dy, _r, t) => min(abs(dx), abs(dy)) < t),
  silhouette("saltire", (dx, dy, _r, t) => abs(abs(dx) - abs(dy)) < t),
  texture("horizontal stripes", (u) => u % 2 === 0),
  texture("vertical stripes", (_u, v) => v % 2 === 0),
  texture("checkerboard", (u, v) => (u + v) % 2 === 0),
];
