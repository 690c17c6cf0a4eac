/** How many images a step of another engine has, 0 if it is left out, and why. */
export interface MicroBatchChoice {
  readonly images: number;
  readonly reason: string;
}

const FEW_SECONDS = 15; // of a step, on a machine as busy as the one on which the speeds were estimated; a fourth of it on a quiet one
const TOO_LONG = 60;

/**
 * As many images as wanted, or halved until a step takes seconds. `speed` is a rough number of multiply-adds a second, `macs` those of one
 * image's forward pass; backward takes twice as many.
 */
export function chooseMicroBatch(speed: number, macs: number, wanted: number): MicroBatchChoice {
  const seconds = (images: number): number => (3 * macs * images) / speed;
  if (seconds(1) > TOO_LONG) {
    return { images: 0, reason: `left out: a step of a single image would take about ${seconds(1).toFixed(0)} s` };
  }
  let images = wanted;
  while (images > 1 && seconds(images) > FEW_SECONDS) images = Math.floor(images / 2);
  const why = images === wanted ? "as wanted" : `in place of ${wanted}, for which a step would take about ${seconds(wanted).toFixed(0)} s`;
  return { images, reason: `${images} images, ${why}` };
}
