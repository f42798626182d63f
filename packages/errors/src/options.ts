// Options of public functions, checked as they are given: JavaScript knows no types, and a key that nobody reads, or 'false'
// for false, would quietly be something else. A type of options has a table with a rule per key; a key without one does not compile.
import { oneOf } from './allowed.js';
import type { Fault } from './fault.js';
import { didYouMean } from './nearest.js';

/** What is wrong with a value, or undefined where it fits. */
export type OptionRule = (value: unknown, path: string) => Fault | undefined;

/** A rule of an option that has no default. */
export type NeededRule = OptionRule & { readonly needed: true };

/** A rule per key of a type of options; those that may be left out in the type may be left out. */
export type OptionRules<T> = {
  readonly [K in keyof Required<T>]: Pick<T, K> extends Required<Pick<T, K>> ? NeededRule : OptionRule;
};

/** A value as errors show it. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : `a ${value.constructor?.name ?? 'object'}`;
  return typeof value === 'function' ? 'a function' : String(value);
}

/** The rule of a value for which a condition holds. */
const optionRule =
  (words: string, fits: (value: unknown) => boolean): OptionRule =>
  (value, path) =>
    fits(value) ? undefined : wrong(path, `${path} is ${words}, got ${shown(value)}`);

function wrong(option: string | undefined, what: string, cure?: string): Fault {
  return { what, ...(option === undefined ? {} : { option }), ...(cure === undefined ? {} : { cure }) };
}

const numberThat = (words: string, fits: (value: number) => boolean): OptionRule =>
  optionRule(words, (value) => typeof value === 'number' && fits(value));

/** Rules of single values, by what they allow. */
export const option: {
  readonly flag: OptionRule;
  readonly text: OptionRule;
  readonly callable: OptionRule;
  /** A number, infinities among them. */
  readonly number: OptionRule;
  /** A number, NaN and infinities excluded. */
  readonly finite: OptionRule;
  readonly positive: OptionRule;
  readonly notNegative: OptionRule;
  /** A share in [0, 1). */
  readonly share: OptionRule;
  /** A value that somebody else checks. */
  readonly given: OptionRule;
  /** A whole number from `least` on. */
  readonly whole: (least: number) => OptionRule;
  /** One of some words. */
  readonly oneOf: (...words: readonly string[]) => OptionRule;
  /** An object of a class; `words` say which in messages. */
  readonly instance: (words: string, type: abstract new (...args: never[]) => unknown) => OptionRule;
  /** A list whose entries all keep a rule. */
  readonly list: (of: OptionRule) => OptionRule;
  /** An object of any keys. */
  readonly record: (of: OptionRule) => OptionRule;
  /** An object of the keys of a table, each by its rule. */
  readonly object: <T>(rules: OptionRules<T>) => OptionRule;
  /** What keeps one of some rules. */
  readonly either: (...rules: readonly OptionRule[]) => OptionRule;
} = {
  flag: optionRule('true or false', (value) => typeof value === 'boolean'),
  text: optionRule('a text', (value) => typeof value === 'string'),
  callable: optionRule('a function', (value) => typeof value === 'function'),
  number: numberThat('a number', (value) => !Number.isNaN(value)),
  finite: numberThat('a finite number', Number.isFinite),
  positive: numberThat('a finite number above 0', (value) => Number.isFinite(value) && value > 0),
  notNegative: numberThat('a finite number from 0 on', (value) => Number.isFinite(value) && value >= 0),
  share: numberThat('a share in [0, 1)', (value) => value >= 0 && value < 1),
  given: optionRule('to be given', (value) => value !== undefined && value !== null),
  whole: (least) =>
    numberThat(`a whole number from ${least} on`, (value) => Number.isSafeInteger(value) && value >= least),
  oneOf: (...words) => optionRule(oneOf(words), (value) => words.some((word) => word === value)),
  instance: (words, type) => optionRule(words, (value) => value instanceof type),
  // Lists may have many entries: the path of one is written only where there is something to say of it.
  list: (of) => (value, path) => {
    if (!Array.isArray(value)) return wrong(path, `${path} is a list, got ${shown(value)}`);
    const at = value.findIndex((each: unknown) => of(each, path) !== undefined);
    return at === -1 ? undefined : of(value[at], `${path}[${at}]`);
  },
  record: (of) => (value, path) => {
    if (!isPlain(value)) return wrong(path, `${path} is an object, got ${shown(value)}`);
    const at = Object.keys(value).find((key) => of(value[key], path) !== undefined);
    return at === undefined ? undefined : of(value[at], `${path}.${at}`);
  },
  object: (rules) => (value, path) => objectFaults(path, value, rules, path)[0],
  either:
    (...rules) =>
    (value, path) => {
      const faults = rules.map((rule) => rule(value, path));
      return faults.includes(undefined) ? undefined : faults.at(0);
    },
};

/** The rule of an option that must be given. */
export function needed(rule: OptionRule): NeededRule {
  return Object.assign((value: unknown, path: string) => rule(value, path), { needed: true as const });
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is wrong with options, as {@link checkOptions} has it, for errors that are made of something else. */
export function optionFaults<T extends object>(where: string, options: T, rules: OptionRules<T>): Fault[] {
  return objectFaults(where, options, rules);
}

function objectFaults(
  what: string,
  value: unknown,
  rules: Readonly<Record<string, OptionRule>>,
  own?: string,
): Fault[] {
  const known = Object.keys(rules).join(', ');
  const prefix = own === undefined ? '' : `${own}.`;
  if (!isPlain(value)) return [wrong(own, `${what} takes an object with its options ${known}, got ${shown(value)}`)];
  const strange = Object.keys(value)
    .filter((key) => value[key] !== undefined && !Object.hasOwn(rules, key))
    .map((key) =>
      wrong(
        `${prefix}${key}`,
        `${what} has no option "${key}"; its options are ${known}`,
        didYouMean(key, Object.keys(rules)) ?? 'correct it, or leave it out',
      ),
    );
  const unfit = Object.entries(rules).flatMap(([key, rule]) => {
    const given = value[key];
    const option = `${prefix}${key}`;
    if (given === undefined) return 'needed' in rule ? [wrong(option, `${what} needs the option "${option}"`)] : [];
    const fault = rule(given, option);
    // What is wrong with a value is said of its path: the function that has the option is the place.
    return fault === undefined ? [] : [own === undefined ? { ...fault, where: what } : fault];
  });
  return [...strange, ...unfit];
}

/**
 * Throws where options have a key that their table does not have, lack one that is needed, or hold a value that its rule does not
 * take, at any level.
 *
 * @param where the function, as its user knows it
 * @param Fail the error of the package
 * @example
 * ```ts
 * const rules: OptionRules<{ readonly rate?: number }> = { rate: option.share };
 * checkOptions('drop', { rat: 0.5 }, rules, DifsrError); // drop has no option "rat"; its options are rate, cure: did you mean rate?
 * ```
 */
export function checkOptions<T extends object>(
  where: string,
  options: T,
  rules: OptionRules<T>,
  Fail: new (faults: readonly Fault[]) => Error,
): void {
  const faults = optionFaults(where, options, rules);
  if (faults.length > 0) throw new Fail(faults);
}
