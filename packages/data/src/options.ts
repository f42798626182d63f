// Options of the functions of this package, checked as they are given: a key that nobody reads must not be one that is left out.
import { nearestName } from '@difsr/errors';
import { DataError, type DataProblem } from './errors.js';

/** What each option is; a key without a row does not compile. */
export type OptionKinds<T> = {
  readonly [K in keyof Required<T>]: NonNullable<T[K]> extends number
    ? 'number'
    : NonNullable<T[K]> extends string
      ? 'text'
      : NonNullable<T[K]> extends readonly string[]
        ? 'list of texts'
        : NonNullable<T[K]> extends boolean
          ? 'truth value'
          : NonNullable<T[K]> extends (...given: never[]) => unknown
            ? 'function'
            : OptionKinds<NonNullable<T[K]>> | 'object';
};

/** `object`: one that its own reader checks. */
type Kind = 'number' | 'text' | 'list of texts' | 'truth value' | 'function' | 'object';
interface Kinds {
  readonly [key: string]: Kind | Kinds;
}

const fits: { readonly [K in Kind]: (value: unknown) => boolean } = {
  number: (value) => typeof value === 'number' && !Number.isNaN(value),
  text: (value) => typeof value === 'string',
  'truth value': (value) => typeof value === 'boolean',
  function: (value) => typeof value === 'function',
  object: (value) => typeof value === 'object' && value !== null,
  'list of texts': (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
};

/** @throws DataError that lists unknown keys and values of another kind, at every level. */
export function checkOptions<T extends object>(where: string, options: T, kinds: OptionKinds<T>): void {
  // A table of one type as a table of any: what it holds stays the same.
  const problems = problemsOf(where, options, kinds as Kinds, '');
  if (problems.length > 0) throw new DataError(problems);
}

/** Of options for several functions those of one of them. */
export function optionsOf<T extends object>(options: T, kinds: OptionKinds<T>): T {
  // What is left out is no option of T: whatever T needs stays.
  return Object.fromEntries(Object.entries(options).filter(([key]) => Object.hasOwn(kinds, key))) as T;
}

function problemsOf(where: string, options: unknown, kinds: Kinds, prefix: string): DataProblem[] {
  const known = Object.keys(kinds).join(', ');
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    return [
      {
        file: where,
        column: prefix.slice(0, -1),
        value: String(options),
        message: 'is not an object',
        cure: `give options among ${known}`,
      },
    ];
  return Object.entries(options).flatMap(([key, value]: [string, unknown]): DataProblem[] => {
    const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
    const problem = { file: where, column: `${prefix}${key}`, value: String(value) };
    if (value === undefined) return [];
    if (kind === undefined) {
      const nearest = nearestName(key, Object.keys(kinds));
      const hint = nearest === undefined ? '' : `did you mean ${nearest}? `;
      return [
        { ...problem, message: 'is no option', cure: `${hint}correct it, or leave it out: options are ${known}` },
      ];
    }
    if (typeof kind !== 'string') return problemsOf(where, value, kind, `${prefix}${key}.`);
    return fits[kind](value)
      ? []
      : [{ ...problem, message: `is not a ${kind}`, cure: `give a ${kind}, or leave it out` }];
  });
}
