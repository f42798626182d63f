// The function against the float64 interpreter of the same definition over random settings, gradients included.
import {
  createGraph,
  differentiate,
  evaluate,
  expandDims,
  input,
  mul,
  reduceSum,
  slice,
  type HostTensor,
} from '@difsr/graph';
import { Scope } from '@difsr/nn';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { declareDif, difAttention as define } from '../family.js';
import type { Fusion } from '../graph-options.js';
import { attentionMask } from '../scores.js';
import { parametersOf, random, type Values } from '../values.test.support.js';
import { DEVICES, difference, onDevice, use } from './devices.test.support.js';
import { difAttention, type DifAttentionMask } from './index.js';

interface Setting {
  readonly sides: readonly number[];
  readonly position: 'none' | 'table' | 'shared' | 'own';
  readonly fusion: Fusion;
  readonly causal: boolean;
  readonly padded: boolean;
  readonly additive: boolean;
  readonly heads: number;
  readonly length: number;
  readonly seed: number;
}

const BATCH = 2;
const WIDTH = 8;
const LONGEST = 6;
const POSITION = 6;

const settings: fc.Arbitrary<Setting> = fc.record({
  sides: fc.array(fc.constantFrom(4, 6, 10), { maxLength: 3 }),
  position: fc.constantFrom('none', 'table', 'shared', 'own'),
  fusion: fc.constantFrom('sum', 'concat', 'gate'),
  causal: fc.boolean(),
  padded: fc.boolean(),
  additive: fc.boolean(),
  heads: fc.constantFrom(1, 2, 4),
  length: fc.constantFrom(1, 5, LONGEST),
  seed: fc.nat(1000),
});

/** The item stream and the other sources, in float64. */
function sourcesOf({ sides, position, length, seed }: Setting): Values {
  const shape = { none: [], table: [LONGEST], shared: [1, length], own: [BATCH, length] }[position];
  return {
    item: random('item', [BATCH, length, WIDTH], seed),
    ...Object.fromEntries(sides.map((width, j) => [`side${j}`, random(`side${j}`, [BATCH, length, width], seed)])),
    ...(position === 'none' ? {} : { position: random('position', [...shape, POSITION], seed) }),
  };
}

/** The first row is whole, the second has padding after its first half. */
function validOf({ length }: Setting): HostTensor {
  const data = Array.from({ length: BATCH * length }, (_, i) => (i < length || i % length <= length / 2 ? 1 : 0));
  return { dtype: 'bool', shape: [BATCH, length], data: Uint8Array.from(data) };
}

/** Output and gradients of `sum(output^2)` by name, by the interpreter; and the parameters that it took. */
function interpreted(setting: Setting): { sources: Values; parameters: Values; expected: Values } {
  const { sides, position, fusion, causal, padded, heads, length, seed } = setting;
  const sources = sourcesOf(setting);
  const scope = new Scope({ training: false });
  const shape = { width: WIDTH, sides, heads, fusion, maxLength: LONGEST, deviation: 1 };
  const weights = declareDif(scope, position === 'none' ? shape : { ...shape, position: POSITION });
  const parameters = Object.fromEntries(
    Object.entries(parametersOf(scope, seed)).map(([name, value]) => [
      name,
      { ...value, data: Float64Array.from(value.data, (x) => x / 3) }, // scores of ordinary size: a sharp softmax is all round-off
    ]),
  );
  const tensors = new Map(Object.entries(sources).map(([name, { shape: own }]) => [name, input(name, own)]));
  const take = (name: string) => tensors.get(name) ?? expect.fail(`no ${name}`);
  const given = tensors.get('position');
  const rows = position === 'table' && given ? expandDims(slice(given, 0, 0, length), 0) : given;
  const valid = padded ? { valid: input('valid', [BATCH, length], 'bool') } : {};
  const { output } = define(
    take('item'),
    { sides: sides.map((_, j) => take(`side${j}`)), ...(rows === undefined ? {} : { position: rows }) },
    weights,
    { heads, mask: attentionMask(length, { causal, ...valid }) },
  );
  for (const { spec, tensor } of scope.parameters) tensors.set(spec.name, tensor);
  const loss = reduceSum(mul(output, output));
  const gradients = differentiate([[loss, input('one', [])]], [...tensors.values()]);
  const outputs = [...tensors.keys()].flatMap((name, i) => (gradients[i] ? [[name, gradients[i]] as const] : []));
  const graph = createGraph({ output, ...Object.fromEntries(outputs) }, [...tensors.values()]);
  const one: HostTensor = { dtype: 'float32', shape: [], data: Float64Array.of(1) };
  const expected = evaluate(graph, {
    ...sources,
    ...parameters,
    one,
    ...(padded ? { valid: validOf(setting) } : {}),
  });
  return { sources, parameters, expected };
}

/** The setting's mask as the user gives it: a pattern, or numbers to add. */
function maskOf(setting: Setting): DifAttentionMask {
  const { causal, padded, additive, length } = setting;
  const valid = onDevice(validOf(setting));
  if (!additive) return padded ? { causal, valid } : { causal };
  const later = Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? 1 : 0));
  const hidden = causal ? tf.tensor(later, [1, 1, length, length]) : tf.zeros([1, 1, length, length]);
  const padding = tf.sub(1, tf.reshape(tf.cast(valid, 'float32'), [BATCH, 1, 1, length]));
  return { additive: tf.mul(padded ? tf.maximum(hidden, padding) : hidden, -10000) };
}

describe.each(DEVICES)('%s', (device) => {
  it('agrees with the interpreter in any setting, gradients of all sources and weights included', async () => {
    await use(device);
    fc.assert(
      fc.property(settings, (setting) => {
        const { sources, parameters, expected } = interpreted(setting);
        const names = [...Object.keys(sources), ...Object.keys(parameters)];
        tf.tidy(() => {
          const values = names.map((name) => onDevice(sources[name] ?? parameters[name] ?? expect.fail(name)));
          const run = (given: readonly tf.Tensor[]): tf.Tensor3D => {
            const by = new Map(names.map((name, i) => [name, given[i] ?? expect.fail(name)]));
            const take = (name: string): tf.Tensor => by.get(name) ?? expect.fail(name);
            return difAttention(take('item'), {
              sides: setting.sides.map((_, j) => take(`side${j}`)),
              ...(setting.position === 'none' ? {} : { position: take('position') }),
              heads: setting.heads,
              fusion: setting.fusion,
              mask: maskOf(setting),
              weights: Object.fromEntries(Object.keys(parameters).map((name) => [name, take(name)])),
            });
          };
          expect(difference(run(values).dataSync(), expected['output']?.data ?? [])).toBeLessThan(2e-5);
          const gradients = tf.grads((...given: tf.Tensor[]) => tf.sum<tf.Scalar>(tf.square(run(given))))(values);
          names.forEach((name, i) => {
            const right = expected[name]?.data ?? new Float64Array(values[i]?.size ?? 0);
            const largest = Math.max(...right.map(Math.abs));
            const mine = gradients[i]?.dataSync() ?? [];
            // Gradients that cancel to nothing leave round-off of the sums that they are.
            const scale = Math.max(largest, 1);
            const off = Math.max(...Array.from(mine, (value, k) => Math.abs(value - (right[k] ?? NaN))));
            expect(off / scale, `${name} of ${JSON.stringify(setting)}`).toBeLessThan(2e-4);
          });
        });
      }),
      { numRuns: device === 'wasm' ? 60 : 30, seed: 3 },
    );
  });
});
