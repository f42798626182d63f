import { createGraph, evaluate, input, keepScale, reduceSum, type HostTensor } from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import { DeclarationError, initialValue, initialValues, Scope, type ParameterSpec } from './index.js';

const NORMAL = { kind: 'normal', deviation: 0.02 } as const;

describe('parameters', () => {
  it('are one input however often they are declared, under the names of all scopes above', () => {
    const scope = new Scope({ training: false });
    const first = scope.child('layers.0').child('query').parameter('weight', [4, 3], NORMAL);
    expect(scope.child('layers.0').child('query').parameter('weight', [4, 3], NORMAL)).toBe(first);
    scope.parameter('bias', [4], { kind: 'zeros' }, { decay: false });
    expect(scope.parameters.map(({ spec }) => spec)).toEqual([
      { name: 'layers.0.query.weight', shape: [4, 3], initializer: NORMAL, decay: true },
      { name: 'bias', shape: [4], initializer: { kind: 'zeros' }, decay: false },
    ]);
  });

  it.each([
    ['shape', () => [[4, 4], NORMAL, {}] as const],
    ['initializer', () => [[4, 3], { kind: 'ones' }, {}] as const],
    ['deviation', () => [[4, 3], { kind: 'normal', deviation: 0.03 }, {}] as const],
    ['decay', () => [[4, 3], NORMAL, { decay: false }] as const],
  ])('declared twice with another %s are an error that names them', (_, other) => {
    const scope = new Scope({ training: false }).child('query');
    scope.parameter('weight', [4, 3], NORMAL);
    const [shape, initializer, options] = other();
    expect(() => scope.parameter('weight', shape, initializer, options)).toThrow(DeclarationError);
    expect(() => scope.parameter('weight', shape, initializer, options)).toThrow(/"query\.weight" is declared twice/);
  });

  it('of the data are shared too, and must keep their shape', () => {
    const scope = new Scope({ training: false });
    const table = scope.child('a').constantTable('feature.brand', [10, 1]);
    expect(scope.child('b').constantTable('feature.brand', [10, 1])).toBe(table);
    expect(scope.constants).toEqual([{ name: 'feature.brand', shape: [10, 1], dtype: 'int32' }]);
    expect(() => scope.constantTable('feature.brand', [10, 2])).toThrow(
      /"feature\.brand" is declared twice, as int32 \[10, 1\] and as int32 \[10, 2\]/,
    );
    expect(() => scope.constantTable('feature.brand', [10, 1], 'float32')).toThrow('and as float32 [10, 1]');
  });
});

describe('dropout', () => {
  const x = input('x', ['batch', 3]);
  const data: HostTensor = { dtype: 'float32', shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) };

  it('exists only while training and only at a rate above 0', () => {
    expect(new Scope({ training: false }).dropout(x, 0.5, 'out')).toBe(x);
    const scope = new Scope({ training: true });
    expect(scope.dropout(x, 0, 'out')).toBe(x);
    expect(scope.masks).toEqual([]);
  });

  it('zeroes what its mask drops and scales up the rest', () => {
    const scope = new Scope({ training: true });
    const y = scope.child('layers.0').dropout(x, 0.25, 'out');
    expect(scope.masks).toEqual([{ name: 'dropout.layers.0.out', shape: ['batch', 3], rate: 0.25 }]);
    const mask: HostTensor = { dtype: 'bool', shape: [2, 3], data: Uint8Array.of(1, 0, 1, 1, 1, 0) };
    const out = evaluate(createGraph({ y }), { x: data, 'dropout.layers.0.out': mask })['y'];
    expect([...(out?.data ?? [])]).toEqual([1, 0, 3, 4, 5, 0].map((value) => value * keepScale(0.25)));
    expect(keepScale(0.25)).toBeCloseTo(4 / 3, 2); // bytes: a rate is rounded to 1/256
  });

  it('under one name twice is an error: two uses need two masks', () => {
    const scope = new Scope({ training: true });
    const y = scope.dropout(x, 0.5, 'out');
    expect(() => scope.dropout(reduceSum(y), 0.5, 'out')).toThrow(/"dropout\.out" is used twice/);
  });
});

describe('initial values', () => {
  const spec = (name: string, shape: readonly number[]): ParameterSpec => ({
    name,
    shape,
    initializer: { kind: 'normal', deviation: 0.5 },
    decay: true,
  });

  it('depend on seed and name, not on what else is declared', () => {
    const [a, b] = [spec('a', [40, 50]), spec('b', [40, 50])];
    expect(initialValues([a, b], 7)['b']).toEqual(initialValues([b], 7)['b']);
    expect(initialValue(a, 7)).toEqual(initialValue(a, 7));
    expect(initialValue(a, 7)).not.toEqual(initialValue(b, 7));
    expect(initialValue(a, 7)).not.toEqual(initialValue(a, 8));
  });

  it('are normal with the asked deviation, or all ones, or all zeros', () => {
    const values = Float64Array.from(initialValue(spec('a', [200, 100]), 1).data);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(deviation - 0.5)).toBeLessThan(0.02);
    expect([...initialValue({ ...spec('a', [2]), initializer: { kind: 'ones' } }, 1).data]).toEqual([1, 1]);
    expect([...initialValue({ ...spec('a', [2]), initializer: { kind: 'constant', value: 0.5 } }, 1).data]).toEqual([
      0.5, 0.5,
    ]);
    expect([...initialValue({ ...spec('a', [2]), initializer: { kind: 'zeros' } }, 1).data]).toEqual([0, 0]);
  });

  it.each([
    ['uniform', { kind: 'uniform', bound: 0.3 }, 0.3 / Math.sqrt(3), 0.3],
    ['glorot, normal', { kind: 'glorot-normal' }, Math.sqrt(2 / 300), Infinity],
    ['glorot, uniform', { kind: 'glorot-uniform' }, Math.sqrt(2 / 300), Math.sqrt(6 / 300)],
    ['glorot with a gain', { kind: 'glorot-uniform', gain: 2 }, 2 * Math.sqrt(2 / 300), 2 * Math.sqrt(6 / 300)],
  ] as const)('have the deviation and the bound of %s', (_, initializer, deviation, bound) => {
    const values = Float64Array.from(initialValue({ ...spec('a', [200, 100]), initializer }, 1).data);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(deviation / 50);
    expect(Math.sqrt(variance) / deviation).toBeCloseTo(1, 1.5);
    expect(values.every((x) => Math.abs(x) <= bound)).toBe(true);
  });
});
