// Which configurations are tried, and how a space is written.
import type { SchemaNode } from '@difsr/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atTheEdge, dimensionText, parseSpace, readDimension, spaceSize, trialsOf } from './space.js';
import type { Dimension, Space } from './types.js';

const NUMBER: SchemaNode = { type: 'number' };
const WHOLE: SchemaNode = { type: 'integer' };
const WORD: SchemaNode = { type: 'string' };

const values = (...own: (string | number | boolean)[]): Dimension => ({ kind: 'values', values: own });
const range = (from: number, to: number, more: { logarithmic?: boolean; whole?: boolean } = {}): Dimension => ({
  kind: 'range',
  from,
  to,
  logarithmic: false,
  whole: false,
  ...more,
});

const dimensions: fc.Arbitrary<Dimension> = fc.oneof(
  fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 4 }).map((own) => values(...own)),
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 90 }))
    .map(([from, width]) => range(from, from + width)),
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.boolean())
    .map(([from, width, logarithmic]) => range(from, from + width, { logarithmic, whole: true })),
  fc.integer({ min: 1, max: 4 }).map((power) => range(10 ** -power, 1, { logarithmic: true })),
);
const spaces: fc.Arbitrary<Space> = fc.dictionary(fc.constantFrom('a', 'b', 'c'), dimensions, { minKeys: 1 });
const asked = fc.record({ trials: fc.integer({ min: 1, max: 40 }), seed: fc.nat() });

describe('the trials of a space', () => {
  it('are the same for the same seed, and more of them keep the first ones', () => {
    fc.assert(
      fc.property(spaces, asked, fc.integer({ min: 0, max: 20 }), (space, { trials, seed }, more) => {
        const first = trialsOf(space, { trials, seed });
        expect(trialsOf(space, { trials: trials + more, seed }).slice(0, first.length)).toEqual(first);
        expect(first.map(({ number }) => number)).toEqual(first.map((_, at) => at + 1));
      }),
    );
  });

  it('are all different, within their space, and all of it where there are as many as it has', () => {
    fc.assert(
      fc.property(spaces, asked, (space, wanted) => {
        const trials = trialsOf(space, wanted);
        expect(new Set(trials.map((trial) => JSON.stringify(trial.values))).size).toBe(trials.length);
        const size = spaceSize(space);
        if (size <= wanted.trials) expect(trials).toHaveLength(size);
        else expect(trials.length).toBeLessThanOrEqual(wanted.trials);
        for (const trial of trials)
          for (const [name, dimension] of Object.entries(space)) {
            const value = trial.values[name];
            if (dimension.kind === 'values') expect(dimension.values).toContain(value);
            else {
              expect(value).toBeGreaterThanOrEqual(dimension.from);
              expect(value).toBeLessThanOrEqual(dimension.to);
              if (dimension.whole) expect(Number.isInteger(value)).toBe(true);
            }
          }
      }),
    );
  });

  it('do not depend on what else is searched: a draw is of its option alone', () => {
    const one = trialsOf({ rate: range(0, 1) }, { trials: 8, seed: 3 });
    const two = trialsOf({ layers: values(1, 2, 3), rate: range(0, 1) }, { trials: 8, seed: 3 });
    expect(two.map((trial) => trial.values['rate'])).toEqual(one.map((trial) => trial.values['rate']));
    expect(trialsOf({ rate: range(0, 1) }, { trials: 8, seed: 4 })).not.toEqual(one);
  });

  it('of a logarithmic range have as many below its middle by factors as above', () => {
    const trials = trialsOf({ rate: range(1e-4, 1e-2, { logarithmic: true }) }, { trials: 150, seed: 1 });
    const below = trials.filter((trial) => Number(trial.values['rate']) < 1e-3).length;
    expect(below).toBeGreaterThan(50);
    expect(below).toBeLessThan(100);
    for (const trial of trials) expect(String(trial.values['rate'])).toMatch(/^0\.0*\d{1,3}$/); // is typed again
  });

  it('hold the hardly ever drawn values of a long range, too, where all are asked for', () => {
    const space = { size: range(1, 600, { logarithmic: true, whole: true }) };
    expect(trialsOf(space, { trials: 600, seed: 1 })).toHaveLength(600);
  });
});

describe('a space is written', () => {
  it.each<[string, SchemaNode, Dimension]>([
    ['0.2,0.5', NUMBER, values(0.2, 0.5)],
    ['none, sum', WORD, values('none', 'sum')],
    ['true,false', { type: 'boolean' }, values(true, false)],
    ['0.1..0.5', NUMBER, range(0.1, 0.5)],
    ['log:5e-4..5e-3', NUMBER, range(5e-4, 5e-3, { logarithmic: true })],
    ['1..4', WHOLE, range(1, 4, { whole: true })],
    ['1..4', NUMBER, range(1, 4)],
    ['log:16..256', { anyOf: [WHOLE, { type: 'object' }] }, range(16, 256, { logarithmic: true, whole: true })],
    ['-1..1', NUMBER, range(-1, 1)],
  ])('%s', (text, node, dimension) => {
    expect(readDimension('x', text, node)).toEqual(dimension);
    expect(readDimension('x', dimensionText(dimension), node)).toEqual(dimension);
  });

  it('in code as lists or single values, too', () => {
    expect(readDimension('x', [1, 'a', true], WORD)).toEqual(values(1, 'a', true));
    expect(readDimension('x', 0.5, NUMBER)).toEqual(values(0.5));
  });

  it.each<[string, SchemaNode, RegExp]>([
    ['0.5..0.1', NUMBER, /x=0\.5\.\.0\.1.*is no range.*cure: .*lower end first/s],
    ['log:0..1', NUMBER, /begins above 0/],
    ['1.5..4', WHOLE, /range of a whole number/],
    ['a..b', WORD, /the option is no number.*with commas/s],
    ['a..b', NUMBER, /is no range/],
    ['0.1,,0.2', NUMBER, /one that is empty/],
    ['0.1,0.1', NUMBER, /"0\.1" is there twice/],
  ])('and not so: %s', (text, node, message) => expect(() => readDimension('x', text, node)).toThrow(message));

  it('on the command line with its name', () => {
    expect(parseSpace(['a=1,2', ' b = log:1..2'])).toEqual({ a: '1,2', b: 'log:1..2' });
    expect(() => parseSpace(['a'])).toThrow(/not of the form key=values.*log:/s);
    expect(() => parseSpace(['a=1', 'a=2'])).toThrow(/"a" is there twice/);
  });
});

it('a value at the end of its range or list is told', () => {
  const space = {
    a: range(0, 1),
    b: range(1e-4, 1e-2, { logarithmic: true }),
    c: values(1, 2, 4),
    d: values('x', 'y'),
    e: values(1, 2),
  };
  expect(atTheEdge(space, { a: 0.99, b: 1.1e-4, c: 4, d: 'x', e: 1 })).toEqual(['a', 'b', 'c']);
  expect(atTheEdge(space, { a: 0.5, b: 5e-4, c: 2, d: 'y' })).toEqual([]);
});
