// Parsers of option values: lists of names and of numbers, with what was allowed in every error.
import { InvalidArgumentError } from 'commander';

/** A parser for `a,b,c` out of few names. */
export function namesOf<T extends string>(allowed: readonly T[]): (value: string) => readonly T[] {
  return (value) => {
    const names = split(value).map((name) => {
      const found = allowed.find((one) => one === name);
      if (found === undefined) throw new InvalidArgumentError(`"${name}" is none of ${allowed.join(', ')}.`);
      return found;
    });
    return [...new Set(names)];
  };
}

/** A parser for `1,2,4` or `1-4`: whole numbers in a range, sorted, each once. */
export function numbersOf(least: number, most: number): (value: string) => readonly number[] {
  const one = numberOf(least, most);
  return (value) => {
    const numbers = split(value).flatMap((part) => {
      const [, from, to] = /^(\d+)-(\d+)$/.exec(part) ?? [];
      if (from === undefined || to === undefined) return [one(part)];
      const [low, high] = [one(from), one(to)];
      if (low > high) throw new InvalidArgumentError(`The range ${part} is empty: write ${high}-${low}.`);
      return Array.from({ length: high - low + 1 }, (_, i) => low + i);
    });
    return [...new Set(numbers)].toSorted((a, b) => a - b);
  };
}

/** A parser for one whole number in a range. */
export function numberOf(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= least && number <= most))
      throw new InvalidArgumentError(`"${value}" is no whole number from ${least} to ${most}.`);
    return number;
  };
}

/** A parser for a number of seconds. */
export function secondsOf(value: string): number {
  const seconds = Number(value);
  if (value.trim() === '' || !(seconds > 0 && seconds <= 86_400))
    throw new InvalidArgumentError(`"${value}" is no number of seconds above 0 and up to 86400.`);
  return seconds;
}

function split(value: string): string[] {
  const parts = value.split(',').map((part) => part.trim());
  if (parts.includes('')) throw new InvalidArgumentError(`"${value}" has an empty entry; write a list such as 1,2,4.`);
  return parts;
}
