import { RECORD_BYTES } from "../protocol/paths.ts";
import type { Records } from "./dataset.ts";
import { createRandom, type Random } from "./random.ts";
import { FIGURE_CLASSES, type Figure } from "./shapes.ts";

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const SEED = 0x7ab64ad; // part of the definition: another seed is another data set, with another digest
const MIN_CONTRAST = 160; // of 3 · 255: figure and ground differ by at least this much, summed over the channels
const NOISE = 20; // ± levels of 255
const MAX_SPECKS = 4;

type Colour = readonly [number, number, number];

/** How much the light changes from pixel to pixel, in 1/32 levels. */
interface Slopes {
  readonly x: number;
  readonly y: number;
}

/** All four sides included. */
interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * A stand-in for CIFAR-10 in its format, when the real one is out of reach: figures of ten classes, of any colour, size and place, on a
 * shaded ground with specks and noise. Colour and place say nothing about the class, so a linear model learns little; a CNN does.
 * Image i depends on i alone: the classes take turns, and the training images of a smaller set are the first ones of a larger.
 */
export function drawSynthetic(train = 50_000, test = 10_000): Records {
  return {
    classes: FIGURE_CLASSES.map((figureClass) => figureClass.name),
    train: drawRecords(0, train),
    test: drawRecords(0x8000_0000, test),
  };
}

function drawRecords(firstKey: number, count: number): Uint8Array {
  const records = new Uint8Array(count * RECORD_BYTES);
  const pixels = new Uint8ClampedArray(3 * PIXELS);
  for (let i = 0; i < count; i++) {
    const label = i % FIGURE_CLASSES.length;
    const random = createRandom(SEED, firstKey + i);
    drawImage(random, label, pixels);
    records[i * RECORD_BYTES] = label;
    records.set(pixels, i * RECORD_BYTES + 1);
  }
  return records;
}

function drawImage(random: Random, label: number, pixels: Uint8ClampedArray): void {
  const figure = (FIGURE_CLASSES[label] as (typeof FIGURE_CLASSES)[number]).draw(random);
  const ground = colour(random);
  const ink = contrasting(random, ground);
  const slopes = { x: slope(random), y: slope(random) };
  paint(pixels, ground, slopes, { left: 0, top: 0, right: SIDE - 1, bottom: SIDE - 1 });
  paint(pixels, ink, slopes, windowOf(figure), figure);
  speckle(random, pixels);
  addNoise(random, pixels);
}

const colour = (random: Random): Colour => [random.between(30, 225), random.between(30, 225), random.between(30, 225)];

const slope = (random: Random): number => random.between(-32, 32);

function contrasting(random: Random, ground: Colour): Colour {
  for (;;) {
    const ink = colour(random);
    const difference = ink.reduce((sum, level, channel) => sum + Math.abs(level - (ground[channel] as number)), 0);
    if (difference >= MIN_CONTRAST) return ink;
  }
}

/** Paints what `figure` inks in a rectangle, or all of it; the light differs from place to place. */
function paint(
  pixels: Uint8ClampedArray,
  [red, green, blue]: Colour,
  slopes: Slopes,
  { left, top, right, bottom }: Rectangle,
  figure?: Figure,
): void {
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      if (figure !== undefined && !figure.inked(x - figure.cx, y - figure.cy)) continue;
      const light = ((x - SIDE / 2) * slopes.x + (y - SIDE / 2) * slopes.y) >> 5;
      setPixel(pixels, x, y, red + light, green + light, blue + light);
    }
  }
}

/** The part of the figure's window that is in the image. */
function windowOf({ cx, cy, r }: Figure): Rectangle {
  return { left: Math.max(0, cx - r), top: Math.max(0, cy - r), right: Math.min(SIDE - 1, cx + r), bottom: Math.min(SIDE - 1, cy + r) };
}

function setPixel(pixels: Uint8ClampedArray, x: number, y: number, red: number, green: number, blue: number): void {
  const at = y * SIDE + x;
  pixels[at] = red;
  pixels[PIXELS + at] = green;
  pixels[2 * PIXELS + at] = blue;
}

/** Small blocks of any colour anywhere, also across the figure. */
function speckle(random: Random, pixels: Uint8ClampedArray): void {
  for (let specks = random.between(0, MAX_SPECKS); specks > 0; specks--) {
    const [width, height] = [random.between(1, 3), random.between(1, 3)];
    const [left, top] = [random.between(0, SIDE - width), random.between(0, SIDE - height)];
    const [red, green, blue] = colour(random);
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) {
        setPixel(pixels, x, y, red, green, blue);
      }
    }
  }
}

/** Uniform noise: each draw of 32 bits serves four values. */
function addNoise(random: Random, pixels: Uint8ClampedArray): void {
  for (let i = 0; i < pixels.length; i += 4) {
    const bits = random.bits();
    for (let k = 0; k < 4; k++) {
      const noise = ((((bits >>> (8 * k)) & 0xff) * (2 * NOISE + 1)) >> 8) - NOISE;
      pixels[i + k] = (pixels[i + k] as number) + noise;
    }
  }
}
