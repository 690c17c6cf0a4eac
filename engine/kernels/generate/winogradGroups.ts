import { TILE_COLUMNS } from "./registerTile.ts";

const FILTERS_TOGETHER = 3 << 20; // elements (12 MiB): up to here reading them again for every chunk costs less than making them again
const FILTERS_IN_CACHE = 1 << 19; // elements (2 MiB) that stay in the second-level cache

/**
 * How many outputs have their transformed filters in memory at the same time: all, if those are few, else the largest part of equal
 * size, in whole panels, that stays in the cache. `points` are those of the transform along one axis.
 */
export function outputGroup(points: number, channels: number, outputs: number): number {
  const each = points ** 2 * channels;
  if (each * outputs <= FILTERS_TOGETHER) return outputs;
  for (let group = TILE_COLUMNS * Math.floor(outputs / 2 / TILE_COLUMNS); group > TILE_COLUMNS; group -= TILE_COLUMNS) {
    if (outputs % group === 0 && each * group <= FILTERS_IN_CACHE) return group;
  }
  return outputs % TILE_COLUMNS === 0 ? TILE_COLUMNS : outputs;
}

/** Tiles that are transformed, multiplied and transformed back together; multiples of 4 and 6 rows. */
export function tileChunk(points: number, channels: number, outputs: number): number {
  const filters = points ** 2 * channels * outputs;
  return filters > FILTERS_TOGETHER ? 96 : 48; // with few filters the speed is the same from 12 to 96; many are made anew for every chunk
}
