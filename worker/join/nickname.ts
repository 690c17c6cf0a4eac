const MOODS =
  "Brave Bright Calm Clever Cosy Curious Eager Fair Gentle Happy Jolly Kind Lively Lucky Merry Mellow Nimble Patient Proud Quick Quiet Sunny Swift Warm".split(
    " ",
  );

const ANIMALS =
  "Badger Beaver Bison Crane Dolphin Falcon Finch Fox Gecko Hare Hedgehog Heron Ibex Kite Koala Lark Lynx Marten Mole Moth Newt Otter Owl Panda Puffin Raven Robin Seal Stoat Swan Tapir Toad Wren Yak".split(
    " ",
  );

/** "Merry Otter". `fillRandom` is `crypto.getRandomValues`: names are no part of the computation. */
export function randomNickname(fillRandom: (values: Uint32Array<ArrayBuffer>) => unknown): string {
  const values = new Uint32Array(2);
  fillRandom(values);
  const pick = (words: readonly string[], value: number | undefined): string => words[(value ?? 0) % words.length] as string;
  return `${pick(MOODS, values[0])} ${pick(ANIMALS, values[1])}`;
}
