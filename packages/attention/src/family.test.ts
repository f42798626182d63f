import { differentiate, input, mul, reduceSum, type Tensor } from '@difsr/graph';
import { Scope } from '@difsr/nn';
import { describe, expect, it } from 'vitest';
import {
  attend,
  attentionMask,
  causalMask,
  declareAttention,
  declareDif,
  declareStreamFusion,
  difAttention,
  fuseStreams,
  headSize,
  novaAttention,
  scores,
  vanillaAttention,
  type Fusion,
} from './index.js';
import { parametersOf, random, sequences, valueOf } from './values.test.support.js';

const [WIDTH, HEADS, N] = [8, 2, 4];
const item = input('item', ['batch', 'length', WIDTH]);
const other = input('other', ['batch', 'length', WIDTH]);
const side = input('side', ['batch', 'length', 6]);
const position = input('position', [1, 'length', WIDTH]);
const mask = causalMask(input('items', ['batch', 'length'], 'int32'));
const options = { heads: HEADS, mask };
const feeds = {
  item: random('item', [2, N, WIDTH], 1),
  other: random('other', [2, N, WIDTH], 1),
  side: random('side', [2, N, 6], 1),
  position: random('position', [1, N, WIDTH], 1),
  items: sequences([4, 2], N),
};
const dif = (
  scope: Scope,
  fusion: Fusion,
  sides: readonly number[],
  positions: boolean,
): ReturnType<typeof declareDif> =>
  declareDif(scope, {
    width: WIDTH,
    sides,
    ...(positions ? { position: WIDTH } : {}),
    heads: HEADS,
    fusion,
    maxLength: N,
    deviation: 1,
  });

/** Gradient of the sum of squares of `y`. */
function gradientOf(y: Tensor, source: Tensor): Tensor {
  const [gradient] = differentiate([[reduceSum(mul(y, y)), input('one', [])]], [source]);
  if (gradient === undefined) throw new Error('not reached');
  return gradient;
}

const one = { dtype: 'float32', shape: [], data: Float64Array.of(1) } as const;

/** Options as callers without types write them. */
const wrong = (value: object): never => value as never;

describe('the functions on graph tensors', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['a misspelt mask', () => attentionMask(3, wrong({ casual: true })), /no option "casual"/],
    ['a text for causal', () => attentionMask(3, wrong({ causal: 'false' })), /causal is true or false/],
    [
      'a misspelt option',
      () =>
        vanillaAttention(item, declareAttention(new Scope({ training: false }), WIDTH, HEADS, 1), {
          ...options,
          droput: 1,
        } as typeof options),
      /vanillaAttention has no option "droput"/,
    ],
    [
      'a scale that is no number',
      () =>
        difAttention(item, { sides: [] }, dif(new Scope({ training: false }), 'sum', [], false), {
          ...options,
          scale: NaN,
        }),
      /scale is a finite number, got NaN/,
    ],
    [
      'half a mask',
      () =>
        difAttention(item, { sides: [] }, dif(new Scope({ training: false }), 'sum', [], false), {
          heads: HEADS,
          mask: { additive: mask.additive } as typeof mask,
        }),
      /needs the option "mask\.visible"/,
    ],
    [
      'a fusion that there is not',
      () => dif(new Scope({ training: false }), 'mean' as Fusion, [], false),
      /fusion is one of sum/,
    ],
    ['a scope that does not say what it is for', () => new Scope(wrong({ train: true })), /no option "train"/],
  ])('refuse %s', (_, attempt, message) => expect(attempt).toThrow(message));
});

describe('DIF', () => {
  it('without side sources, by sum, is vanilla attention', () => {
    const scope = new Scope({ training: false });
    const plain = vanillaAttention(item, declareAttention(scope, WIDTH, HEADS, 1), options).output;
    const fused = difAttention(item, { sides: [] }, dif(scope, 'sum', [], false), options).output;
    const values = { ...feeds, ...parametersOf(scope, 4) };
    expect(valueOf(fused, values)).toEqual(valueOf(plain, values));
  });

  it('takes position as a source like any other: its scores are added', () => {
    const scope = new Scope({ training: false });
    const weights = dif(scope, 'sum', [6], true);
    const [own] = weights.sides;
    if (own === undefined || weights.position === undefined) throw new Error('declared above');
    const { scores: fused } = difAttention(item, { sides: [side], position }, weights, options);
    const values = { ...feeds, ...parametersOf(scope, 5) };
    const parts = [scores(item, weights.item, HEADS), scores(side, own, HEADS)].map((part) => valueOf(part, values));
    const ofPosition = valueOf(scores(position, weights.position, HEADS), values); // [1, heads, n, n]: the same for all rows
    const mine = valueOf(fused, values);
    expect(mine).toHaveLength(2 * HEADS * N * N);
    mine.forEach((value, i) => {
      const sum = parts.reduce((total, part) => total + (part[i] ?? NaN), ofPosition[i % ofPosition.length] ?? NaN);
      expect(value).toBeCloseTo(sum / Math.sqrt(WIDTH / HEADS), 12);
    });
  });

  it('scales by the item head alone, whatever the widths of the sides, or as it is told', () => {
    const scope = new Scope({ training: false });
    const weights = dif(scope, 'sum', [6], false);
    const values = { ...feeds, ...parametersOf(scope, 6) };
    const usual = valueOf(difAttention(item, { sides: [side] }, weights, options).scores, values);
    const told = valueOf(difAttention(item, { sides: [side] }, weights, { ...options, scale: 1 }).scores, values);
    usual.forEach((value, i) => expect(value * Math.sqrt(WIDTH / HEADS)).toBeCloseTo(told[i] ?? NaN, 12));
  });

  it('with weights for other sources than it is given is an error', () => {
    const weights = dif(new Scope({ training: false }), 'sum', [6], true);
    expect(() => difAttention(item, { sides: [side, side], position }, weights, options)).toThrow(
      /2 side sources and position against weights for 1 and position/,
    );
    expect(() => difAttention(item, { sides: [side] }, weights, options)).toThrow(
      /1 side sources against weights for 1 and position/,
    );
  });
});

describe('values come from the item stream alone', () => {
  const alone = {
    ...feeds,
    items: sequences([1, 1], 1),
    item: random('item', [2, 1, WIDTH], 1),
    other: random('other', [2, 1, WIDTH], 1),
    side: random('side', [2, 1, 6], 1),
    one,
  };

  it('NOVA: with one position to look at, the fused stream has no gradient; the item stream has one', () => {
    const scope = new Scope({ training: false });
    const { output } = novaAttention(item, other, declareAttention(scope, WIDTH, HEADS, 1), options);
    const values = { ...alone, ...parametersOf(scope, 7) };
    expect(Math.max(...valueOf(gradientOf(output, other), values).map(Math.abs))).toBeLessThan(1e-12);
    expect(Math.max(...valueOf(gradientOf(output, item), values).map(Math.abs))).toBeGreaterThan(0.1);
  });

  it('NOVA: with more positions, the fused stream steers and therefore has a gradient', () => {
    const scope = new Scope({ training: false });
    const { output } = novaAttention(item, other, declareAttention(scope, WIDTH, HEADS, 1), options);
    expect(
      Math.max(...valueOf(gradientOf(output, other), { ...feeds, one, ...parametersOf(scope, 7) }).map(Math.abs)),
    ).toBeGreaterThan(0.1);
  });

  it('DIF: the same of its side sources', () => {
    const scope = new Scope({ training: false });
    const { output } = difAttention(item, { sides: [side] }, dif(scope, 'sum', [6], false), options);
    const parameters = parametersOf(scope, 7);
    expect(Math.max(...valueOf(gradientOf(output, side), { ...alone, ...parameters }).map(Math.abs))).toBeLessThan(
      1e-12,
    );
    expect(
      Math.max(...valueOf(gradientOf(output, side), { ...feeds, one, ...parameters }).map(Math.abs)),
    ).toBeGreaterThan(0.1);
  });
});

describe('a bias that the softmax cannot see', () => {
  it.each(['query', 'key'] as const)('counts in the scores: %s', (part) => {
    const scope = new Scope({ training: false });
    const { scores: own } = vanillaAttention(item, declareAttention(scope, WIDTH, HEADS, 1), options);
    const values = parametersOf(scope, 8);
    const bias = values[`${part}.bias`];
    if (bias === undefined) throw new Error('declared above');
    const without = { ...values, [`${part}.bias`]: { ...bias, data: new Float64Array(WIDTH) } };
    expect(valueOf(own, { ...feeds, ...values })).not.toEqual(valueOf(own, { ...feeds, ...without }));
  });

  it('has the gradient zero exactly: keys in sum fusion, the last bias of a gate; not keys in a gate', () => {
    const gradient = (fusion: Fusion, name: string): number => {
      const scope = new Scope({ training: false });
      const { output } = difAttention(item, { sides: [side], position }, dif(scope, fusion, [6], true), options);
      const source = scope.parameters.find(({ spec }) => spec.name === name)?.tensor;
      if (source === undefined) throw new Error(`no ${name}`);
      return Math.max(
        ...valueOf(gradientOf(output, source), { ...feeds, one, ...parametersOf(scope, 9) }).map(Math.abs),
      );
    };
    for (const name of ['key.bias', 'key.side0.bias', 'key.position.bias']) {
      expect(gradient('sum', name)).toBe(0);
      expect(gradient('gate', name)).toBeGreaterThan(1e-4);
    }
    expect(gradient('gate', 'fusion.output.bias')).toBe(0);
    expect(gradient('concat', 'fusion.projection.bias')).toBeGreaterThan(1e-4);
  });
});

describe('attend', () => {
  it('applies dropout to the probabilities only', () => {
    const scope = new Scope({ training: false });
    const weights = declareAttention(scope, WIDTH, HEADS, 1);
    const parameters = parametersOf(scope, 10);
    const values = { ...feeds, ...parameters };
    const fused = scores(item, weights.item, HEADS);
    const half = attend(fused, item, weights, { ...options, dropout: (p) => mul(p, 0) });
    const bias = parameters['output.bias'];
    // Nothing is attended to: what is left is the output's bias.
    valueOf(half.output, values).forEach((value, i) => expect(value).toBe(bias?.data[i % WIDTH]));
    expect(valueOf(half.probabilities, values)).toEqual(
      valueOf(attend(fused, item, weights, options).probabilities, values),
    );
  });

  it('gives every query probabilities that add up to 1 and none to what it may not see', () => {
    const scope = new Scope({ training: false });
    const { probabilities } = vanillaAttention(item, declareAttention(scope, WIDTH, HEADS, 1), options);
    const p = valueOf(probabilities, { ...feeds, ...parametersOf(scope, 11) });
    for (let row = 0; row < p.length / N; row++) {
      const [query, length] = [row % N, row < HEADS * N ? 4 : 2];
      const keys = p.subarray(row * N, (row + 1) * N);
      expect(keys.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      keys.forEach((share, key) => {
        if (key > query || key >= length) expect(share).toBe(0);
      });
    }
  });
});

describe('streams are fused', () => {
  const streams = [item, other];

  it('by sum, by concat and projection, by gates of their own', () => {
    const scope = new Scope({ training: false });
    const of = (fusion: Fusion): Tensor =>
      fuseStreams(streams, declareStreamFusion(scope.child(fusion), fusion, WIDTH, [WIDTH, WIDTH], 1));
    const fused = { sum: of('sum'), gate: of('gate'), concat: of('concat') };
    const parameters = parametersOf(scope, 12);
    const values = { ...feeds, ...parameters };
    const [a, b] = [feeds.item.data, feeds.other.data];
    const row = (data: ArrayLike<number>): number[] => Array.from({ length: WIDTH }, (_, i) => Number(data[i]));
    const weight = parameters['gate.gate.weight'];
    const bias = Number(parameters['gate.gate.bias']?.data[0]);
    const gate = (x: number[]): number =>
      1 / (1 + Math.exp(-(bias + x.reduce((sum, value, i) => sum + value * Number(weight?.data[i]), 0))));
    valueOf(fused.sum, values)
      .slice(0, WIDTH)
      .forEach((value, i) => expect(value).toBeCloseTo(Number(a[i]) + Number(b[i]), 12));
    valueOf(fused.gate, values)
      .slice(0, WIDTH)
      .forEach((value, i) => expect(value).toBeCloseTo(gate(row(a)) * Number(a[i]) + gate(row(b)) * Number(b[i]), 12));
    expect(valueOf(fused.concat, values)).toHaveLength(2 * N * WIDTH);
  });

  it('by sum or gate only where their widths are equal: the error names the cure', () => {
    const scope = new Scope({ training: false });
    expect(() => declareStreamFusion(scope, 'gate', WIDTH, [WIDTH, 6], 1)).toThrow(
      /equal widths, got 6 beside 8: use "concat", or side width 8/,
    );
    expect(declareStreamFusion(scope, 'concat', WIDTH, [WIDTH, 6], 1).fusion).toBe('concat');
  });
});

it('a head has floor(width / heads) numbers, at least 1', () => {
  expect(headSize(7, 2)).toBe(3);
  expect(() => headSize(3, 4)).toThrow(/width 3 cannot be split into 4 heads/);
});
