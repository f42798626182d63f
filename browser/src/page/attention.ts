// DIF attention in the page: on typed arrays by createDifAttention, and as a function on tfjs tensors.
import { createDifAttention } from '@difsr/attention';
import { difAttention, difAttentionWeights } from '@difsr/attention/tfjs';
import { createTfjsBackend } from '@difsr/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import {
  computed,
  COTANGENT,
  INPUTS,
  SHAPE,
  weightsLike,
  type Engine,
  type Fusion,
  type Values,
  type Wanted,
} from '../attention-case.js';

/** The attention on a backend of the page. */
export async function attentionOn(engine: Engine, fusion: Fusion, wanted: Wanted): Promise<Values> {
  return computed(await createDifAttention({ ...SHAPE, ...engine, fusion }), wanted);
}

/** The same values through the function on tensors, its gradients by tf.grads; and how many tensors it left behind. */
export async function attentionFunction(fusion: Fusion): Promise<{ readonly values: Values; readonly left: number }> {
  const backend = await createTfjsBackend({ device: 'wasm' });
  await tf.setBackend('wasm');
  const before = tf.memory().numTensors;
  const values = tf.tidy(() => functionValues(fusion));
  const left = tf.memory().numTensors - before;
  await backend.dispose();
  return { values, left };
}

function functionValues(fusion: Fusion): Values {
  const { width, heads, maxLength, position = width } = SHAPE;
  const { batch, length, item, sides = {}, position: places = new Float32Array(), valid = new Uint8Array() } = INPUTS;
  const variables = difAttentionWeights({
    width,
    sides: SHAPE.sides.map((side) => side.width),
    position,
    heads,
    fusion,
    maxLength,
  });
  const given = weightsLike(
    Object.fromEntries(Object.entries(variables).map(([name, { size }]) => [name, { length: size }])),
  );
  const names = Object.keys(variables);
  const sources = [
    tf.tensor(item, [batch, length, width]),
    tf.tensor(places, [1, length, position]),
    ...SHAPE.sides.map((side) => tf.tensor(sides[side.name] ?? [], [batch, length, side.width])),
  ];
  const weights = names.map((name) => tf.tensor(given[name] ?? [], variables[name]?.shape));
  const attended = (...tensors: tf.Tensor[]): tf.Tensor => {
    const [items, where, ...rest] = tensors;
    if (items === undefined || where === undefined) throw new TypeError('tf.grads gave no tensors');
    return difAttention(items, {
      sides: rest.slice(0, SHAPE.sides.length),
      position: where,
      heads,
      fusion,
      mask: { causal: true, valid: tf.tensor2d(valid, [batch, length], 'bool') },
      weights: Object.fromEntries(names.map((name, i) => [name, rest[SHAPE.sides.length + i] ?? items])),
    });
  };
  const all = [...sources, ...weights];
  const output = attended(...all);
  const gradients = tf.grads(attended)(all, tf.tensor(COTANGENT, [batch, length, width]));
  const labels = ['item', 'position', ...SHAPE.sides.map(({ name }) => `side ${name}`), ...names];
  for (const variable of Object.values(variables)) variable.dispose();
  return {
    output: [...output.dataSync()],
    ...Object.fromEntries(labels.map((label, i) => [`gradient of ${label}`, [...(gradients[i]?.dataSync() ?? [])]])),
  };
}
