// Positions counted from the last item: the same model as one that counts from the first and has its rows in the opposite order.
import type { HostTensor } from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import { traceScores, type ModelInstance } from './index.js';
import {
  DIF,
  FEATURES,
  ints,
  MAX_LENGTH,
  numbers,
  SEQUENCES,
  tiny,
  weightsOf,
  type Values,
} from './tiny.test.support.js';

const lengths = [...new Set(SEQUENCES.map(({ length }) => length))];

function scoresOf(model: ModelInstance, history: readonly number[], weights: Values): readonly number[] {
  const items = ints(
    [1, MAX_LENGTH],
    Array.from({ length: MAX_LENGTH }, (_, i) => history[i] ?? 0),
  );
  return numbers(traceScores(model).scores, { ...FEATURES, ...weights, items });
}

/** Weights of which the first `length` positions, in every table of them, stand in the opposite order. */
function turned(weights: Values, length: number): Values {
  const tables = Object.entries(weights).filter(([name]) => name.endsWith('positions.weight'));
  expect(tables.length).toBeGreaterThan(0);
  const other = tables.map(([name, table]): readonly [string, HostTensor] => {
    const [, width = 0] = table.shape;
    const data = Float64Array.from(table.data, (value, at) => {
      const [row, column] = [Math.floor(at / width), at % width];
      return row < length ? (table.data[(length - 1 - row) * width + column] ?? Number.NaN) : value;
    });
    return [name, { ...table, data }];
  });
  return { ...weights, ...Object.fromEntries(other) };
}

describe('positions from the end', () => {
  it('meet histories of several lengths here', () => expect(lengths.length).toBe(3));

  it.each([
    ['sasrec', {}],
    ['dif-sr', DIF],
    ['nova', {}],
    ['sasrecf', {}],
    ['fdsa', {}],
    ['icai-sr', {}],
  ] as const)('%s: row 0 is that of the last item', (name, options) => {
    const [start, end] = (['from-start', 'from-end'] as const).map((positions) =>
      tiny(name, { ...options, positions }),
    );
    if (start === undefined || end === undefined) throw new Error('two models were made');
    const weights = weightsOf(traceScores(start));
    for (const history of SEQUENCES) {
      const expected = scoresOf(start, history, turned(weights, history.length));
      scoresOf(end, history, weights).forEach((score, i) => expect(score).toBeCloseTo(expected[i] ?? Number.NaN, 10));
    }
  });

  it('bert4rec: the place that is asked for is the last', () => {
    const [start, end] = (['from-start', 'from-end'] as const).map((positions) => tiny('bert4rec', { positions }));
    if (start === undefined || end === undefined) throw new Error('two models were made');
    const weights = weightsOf(traceScores(start));
    const history = [3, 7, 1];
    const expected = scoresOf(start, history, turned(weights, history.length + 1));
    scoresOf(end, history, weights).forEach((score, i) => expect(score).toBeCloseTo(expected[i] ?? Number.NaN, 10));
  });
});
