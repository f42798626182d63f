// The space of a search: how it is written, and which configurations are tried. A draw is a function of (seed, number of the draw, option),
// so the same seed gives the same trials, and more trials keep the first ones.
import { alternativesOf, setting, text, type SchemaNode, type Text } from '@difsr/errors';
import { streamId, uniformAt } from '@difsr/graph';
import { UsageError } from '../errors.js';
import { requireDistinct, searchValue } from '../jobs/asked.js';
import type { Searched } from '../jobs/planned.js';
import type { SearchValue } from '../jobs/types.js';
import type { Dimension, Space, Trial } from './types.js';

/** Values of an option as they are written: a list, or `0.2,0.5`, `0.1..0.5`, `log:1e-4..1e-2`. */
export type SpaceAsked = SearchValue | readonly SearchValue[];

/** Draws in a row that give nothing new, after which what is left of a finite space is taken in its order. */
const MOST_REPEATS = 10_000;
const RANGE = /^(log:)?\s*(\S+?)\s*\.\.\s*(\S+)$/;

/**
 * Texts as they are typed: `learningRate=log:5e-4..5e-3`, `hiddenDropout=0.2,0.5`.
 *
 * @throws UsageError where one is not of that form, or an option is there twice
 */
export function parseSpace(texts: readonly string[]): Record<string, string> {
  const entries = texts.map((each): [string, string] => {
    const at = each.indexOf('=');
    const [name, values] = [each.slice(0, at).trim(), each.slice(at + 1).trim()];
    if (at < 1 || values === '')
      throw new UsageError({
        where: setting('space', each),
        option: 'space',
        what: 'is not of the form key=values',
        cure: text`write e.g. ${setting('space', 'learningRate=log:5e-4..5e-3')} or ${setting('space', 'hiddenDropout=0.2,0.5')}`,
      });
    return [name, values];
  });
  requireDistinct(
    'space',
    entries.map(([name]) => name),
  );
  return Object.fromEntries(entries);
}

/**
 * What an option may be.
 *
 * @param node What its schema says.
 * @throws UsageError for a range that is none, or of an option that is no number
 */
export function readDimension(name: string, asked: SpaceAsked, node: SchemaNode | undefined): Dimension {
  const range = typeof asked === 'string' ? RANGE.exec(asked.trim()) : null;
  if (range !== null) return readRange(name, String(asked), range, node);
  const values = valuesOf(asked);
  if (values.length === 0 || values.includes(''))
    throw wrong(name, asked, 'has no values, or one that is empty', 'give some');
  requireDistinct('space', values.map(String));
  return { kind: 'values', values };
}

function valuesOf(asked: SpaceAsked): readonly SearchValue[] {
  if (typeof asked === 'string') return asked.split(',').map((word) => (word.trim() === '' ? '' : searchValue(word)));
  return Array.isArray(asked) ? (asked as readonly SearchValue[]) : [asked as SearchValue]; // what is no list is one value
}

function readRange(
  name: string,
  asked: string,
  [, log, low = '', high = '']: readonly string[],
  node: SchemaNode | undefined,
): Dimension {
  const [from, to] = [Number(low), Number(high)];
  const logarithmic = log !== undefined;
  const types = node === undefined ? [] : [node, ...alternativesOf(node)].map(({ type }) => type);
  const whole = types.includes('integer') && !types.includes('number');
  if (!whole && !types.includes('number'))
    throw wrong(name, asked, 'is a range, and the option is no number', 'give its values with commas');
  if (!Number.isFinite(from) || !Number.isFinite(to) || from >= to)
    throw wrong(
      name,
      asked,
      'is no range',
      text`write the lower end first, e.g. ${setting('space', `${name}=0.1..0.5`)}`,
    );
  if (logarithmic && from <= 0)
    throw wrong(name, asked, 'is a logarithmic range, which begins above 0', 'leave log: out, or begin above 0');
  if (whole && !(Number.isSafeInteger(from) && Number.isSafeInteger(to)))
    throw wrong(name, asked, 'is a range of a whole number', 'let it begin and end with one');
  return { kind: 'range', from, to, logarithmic, whole };
}

function wrong(name: string, asked: SpaceAsked, what: string, cure: Text): UsageError {
  return new UsageError({ where: setting('space', `${name}=${String(asked)}`), option: 'space', what, cure });
}

/**
 * A dimension as it is written.
 *
 * @example dimensionText({ kind: 'range', from: 5e-4, to: 5e-3, logarithmic: true, whole: false }); // 'log:0.0005..0.005'
 */
export function dimensionText(dimension: Dimension): string {
  if (dimension.kind === 'values') return dimension.values.join(',');
  return `${dimension.logarithmic ? 'log:' : ''}${dimension.from}..${dimension.to}`;
}

/** Configurations of a space; Infinity where an option is any number of a range. */
export function spaceSize(space: Space): number {
  return Object.values(space).reduce((size, dimension) => size * countOf(dimension), 1);
}

function countOf(dimension: Dimension): number {
  if (dimension.kind === 'values') return dimension.values.length;
  return dimension.whole ? dimension.to - dimension.from + 1 : Infinity;
}

/**
 * The first trials of a space, no two alike: as many as asked for, or all that a finite space has.
 *
 * @example trialsOf({ 'model.layers': { kind: 'values', values: [1, 2] } }, { trials: 16, seed: 1 }).length; // 2
 */
export function trialsOf(space: Space, { trials, seed }: { readonly trials: number; readonly seed: number }): Trial[] {
  const wanted = Math.min(trials, spaceSize(space));
  const seen = new Map<string, Searched>();
  const take = (values: Searched): boolean => {
    const key = JSON.stringify(Object.values(values));
    if (seen.has(key)) return false;
    seen.set(key, values);
    return true;
  };
  for (let draw = 0, repeats = 0; seen.size < wanted && repeats < MOST_REPEATS; draw++)
    repeats = take(drawn(space, seed, draw)) ? 0 : repeats + 1;
  // Values that are hardly ever drawn, as the last ones of a long logarithmic range.
  if (seen.size < wanted && Number.isFinite(spaceSize(space)))
    for (const values of everyOne(Object.entries(space))) {
      if (seen.size >= wanted) break;
      take(values);
    }
  return Array.from(seen.values(), (values, at) => ({ number: at + 1, values }));
}

function drawn(space: Space, seed: number, draw: number): Searched {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => [
      name,
      valueAt(dimension, uniformAt({ seed, step: draw, stream: streamId(`tune.${name}`) }, 0)),
    ]),
  );
}

/** @param share In [0, 1). */
function valueAt(dimension: Dimension, share: number): SearchValue {
  if (dimension.kind === 'values') return dimension.values[Math.floor(share * dimension.values.length)] ?? 0; // share < 1: always there
  const { from, to, logarithmic, whole } = dimension;
  const end = whole ? to + 1 : to;
  const value = logarithmic ? from * (end / from) ** share : from + share * (end - from);
  const rounded = whole ? Math.floor(value) : logarithmic ? shortened(value, to / from) : decimals(value, to - from);
  return Math.min(to, Math.max(from, rounded));
}

/** Three digits, which are read and typed again; more where the ends are close. */
function shortened(value: number, ratio: number): number {
  return Number(value.toPrecision(ratio < 2 ? 6 : 3));
}

/** As many decimals as tell apart some hundred values of the range. */
function decimals(value: number, width: number): number {
  return Number(value.toFixed(Math.min(100, Math.max(0, 2 - Math.floor(Math.log10(width))))));
}

/** Every configuration of a finite space, the last option fastest. */
function* everyOne([first, ...rest]: readonly (readonly [string, Dimension])[]): Generator<Searched> {
  if (first === undefined) return yield {};
  const [name, dimension] = first;
  for (let at = 0; at < countOf(dimension); at++) {
    const value = dimension.kind === 'values' ? dimension.values[at] : dimension.from + at;
    for (const others of everyOne(rest)) yield value === undefined ? others : { [name]: value, ...others };
  }
}

/** Numeric options of a configuration that lie at an end of what was searched: better values may lie beyond. Of two values each is an end, which says nothing. */
export function atTheEdge(space: Space, values: Searched): string[] {
  return Object.entries(space).flatMap(([name, dimension]) => {
    const value = values[name];
    if (typeof value !== 'number') return [];
    if (dimension.kind === 'values') {
      const numbers = dimension.values.filter((each) => typeof each === 'number');
      const ends = [Math.min(...numbers), Math.max(...numbers)];
      return numbers.length === dimension.values.length && numbers.length > 2 && ends.includes(value) ? [name] : [];
    }
    const { from, to, logarithmic } = dimension;
    const place = logarithmic ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
    return place <= NEAR || place >= 1 - NEAR ? [name] : [];
  });
}

/** Share of a range that counts as its end. */
const NEAR = 0.05;
