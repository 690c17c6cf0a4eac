import { UserError } from "./userError.ts";

/** Turns the text after an option into its value, or refuses it with a UserError that names the option. */
export type Parser<T> = (text: string) => T;

interface Range {
  readonly least: number;
  readonly most: number;
  /** A sensible value, for the sentence of a refusal. */
  readonly example: number;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INTEGER = /^[+-]?\d+$/;

export function wholeNumber(option: string, range: Range): Parser<number> {
  return numberParser(option, INTEGER, "a whole number", range);
}

export function decimalNumber(option: string, range: Range): Parser<number> {
  return numberParser(option, DECIMAL, "a number", range);
}

function numberParser(option: string, syntax: RegExp, kind: string, { least, most, example }: Range): Parser<number> {
  return (text) => {
    const value = Number(text);
    if (syntax.test(text) && value >= least && value <= most) return value;
    throw refuse(`${option} takes ${kind} from ${least} to ${most}, not "${text}". For example: ${option} ${example}`);
  };
}

/** Shares from 0 to 1 with commas between. */
export function numberList(option: string): Parser<number[]> {
  return (text) => {
    const values = text.split(",").map(Number);
    if (text.split(",").every((each) => DECIMAL.test(each)) && values.every((value) => value >= 0 && value <= 1)) return values;
    throw refuse(`${option} takes numbers from 0 to 1 with commas between, not "${text}". For example: ${option} 0.5,0.75`);
  };
}

export function oneOf<const T extends string>(option: string, names: readonly T[]): Parser<T> {
  return (text) => {
    const name = names.find((each) => each === text.toLowerCase());
    if (name !== undefined) return name;
    const nearest = nearestName(text, names);
    const guess = nearest === undefined ? "" : ` Did you mean ${option} ${nearest}?`;
    throw refuse(`${option} takes ${listOf(names)}, not "${text}".${guess}`);
  };
}

/** The name that takes the fewest changes to type, if that is at most half of it. */
export function nearestName(text: string, names: readonly string[]): string | undefined {
  const ranked = names.map((name) => ({ name, distance: editDistance(text.toLowerCase(), name) })).sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= best.name.length / 2 ? best.name : undefined;
}

/** Levenshtein: the fewest insertions, deletions and replacements of single characters that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] as number) + 1, (current[j - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[b.length] as number;
}

/** "a, b or c". */
export const listOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} or ${names[names.length - 1]}`;

const refuse = (sentence: string): UserError => new UserError(sentence, { exitCode: 2 });
