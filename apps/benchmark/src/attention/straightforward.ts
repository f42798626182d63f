// DIF attention as somebody would write it who has the paper and tfjs, and nothing of ours: projections and tf.matMul per
// source, tf.softmax, no rewriting. The yardstick for what our graphs and kernels are worth on tfjs.
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '@difsr/graph';
import { operations } from '../measure/arithmetic.js';
import type { Candidate } from './candidate.js';
import type { Case, CaseData } from './case.js';
import { definitionGraph, sizesOf } from './traced.js';

/** A dense layer's weights as tfjs layers keep them: kernel `[in, out]`. */
interface Dense {
  readonly kernel: tf.Tensor2D;
  readonly bias: tf.Tensor1D;
}

interface Weights {
  readonly dense: (name: string) => Dense;
  readonly dispose: () => void;
}

const MINUS_INFINITY = -1e4;

/** The straightforward implementation on the active tfjs device; `activate` makes it active before each use. */
export async function straightforwardCandidate(
  own: Case,
  data: CaseData,
  activate: () => Promise<void>,
): Promise<Candidate> {
  await activate();
  const weights = loadWeights(data.weights);
  return {
    name: 'straightforward',
    operations: operations(definitionGraph(own).graph, sizesOf(own)),
    run: async () => {
      await activate();
      const output = tf.tidy(() => attention(own, data, weights));
      const values = await output.data<'float32'>();
      output.dispose();
      return values;
    },
    dispose: async () => {
      await activate();
      weights.dispose();
    },
  };
}

function attention(own: Case, data: CaseData, { dense }: Weights): tf.Tensor {
  const { batch, length, width, sideWidth, heads } = own;
  const item = tf.tensor3d(data.item, [batch, length, width]);
  const sources = data.sides.map((side, j) => ({
    values: tf.tensor3d(side, [batch, length, sideWidth]),
    name: `side${j}`,
  }));
  const scores: tf.Tensor[] = sources.map(({ values, name }) =>
    dotProducts(project(values, dense(`query.${name}`)), project(values, dense(`key.${name}`)), heads),
  );
  scores.push(dotProducts(project(item, dense('query')), project(item, dense('key')), heads));
  if (data.position !== undefined) {
    const position = tf.tensor3d(data.position, [1, length, width]);
    scores.push(
      dotProducts(project(position, dense('query.position')), project(position, dense('key.position')), heads),
    );
  }
  const visible = visibleKeys(data.valid, batch, length);
  const fused = tf.mul(fuse(own, scores, visible, dense), 1 / Math.sqrt(width / heads));
  const hidden = tf.mul(tf.sub(1, visible), MINUS_INFINITY);
  const probabilities = tf.softmax(tf.add(fused, hidden));
  const context = tf.matMul(probabilities, splitHeads(project(item, dense('value')), heads));
  const merged = tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [batch, length, width]);
  return project(merged, dense('output'));
}

function project(x: tf.Tensor, { kernel, bias }: Dense): tf.Tensor {
  const [batch = 1, length = 1, width = 1] = x.shape;
  const product = tf.matMul(tf.reshape(x, [batch * length, width]), kernel);
  return tf.reshape(tf.add(product, bias), [batch, length, kernel.shape[1]]);
}

function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch = 1, length = 1, width = 1] = x.shape;
  return tf.transpose(tf.reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

function dotProducts(query: tf.Tensor, key: tf.Tensor, heads: number): tf.Tensor {
  return tf.matMul(splitHeads(query, heads), splitHeads(key, heads), false, true);
}

/** 1 where a query may look, `[batch or 1, 1, length, length]`: no later key, and no padding. */
function visibleKeys(valid: Uint8Array | undefined, batch: number, length: number): tf.Tensor {
  const places = tf.range(0, length);
  const causal = tf.cast(tf.lessEqual(tf.reshape(places, [1, length]), tf.reshape(places, [length, 1])), 'float32');
  if (valid === undefined) return tf.reshape(causal, [1, 1, length, length]);
  const real = tf.reshape(tf.tensor2d(Float32Array.from(valid), [batch, length]), [batch, 1, 1, length]);
  return tf.mul(real, causal);
}

/** F of the paper; rows of scores are cleared of what a query may not see before they are mixed. */
function fuse(
  { fusion, length, batch, heads }: Case,
  scores: tf.Tensor[],
  visible: tf.Tensor,
  dense: Weights['dense'],
): tf.Tensor {
  if (fusion === 'sum') return scores.reduce((a, b) => tf.add(a, b));
  const rows = scores.map((source) => tf.mul(source, visible)); // [batch, heads, length, length] each
  const full = [batch, heads, length, length];
  if (fusion === 'concat') {
    const { kernel, bias } = dense('fusion.projection');
    const joined = tf.reshape(tf.concat(rows, 3), [batch * heads * length, rows.length * length]);
    return tf.reshape(tf.add(tf.matMul(joined, kernel), bias), full);
  }
  const stacked = tf.stack(rows, 3); // [batch, heads, length, sources, length]
  const { kernel, bias } = dense('fusion.hidden');
  const last = dense('fusion.output');
  const hidden = tf.relu(tf.add(tf.matMul(tf.reshape(stacked, [-1, length]), kernel), bias));
  const energies = tf.add(tf.matMul(hidden, last.kernel), last.bias);
  const gates = tf.softmax(tf.reshape(energies, [-1, rows.length]));
  return tf.sum(tf.mul(stacked, tf.reshape(gates, [batch, heads, length, rows.length, 1])), 3);
}

/** Copies weights to the device, kernels as `[in, out]`. */
function loadWeights(values: Readonly<Record<string, HostTensor>>): Weights {
  const layers = new Map<string, Dense>();
  for (const name of Object.keys(values)) {
    const [, layer] = /^(.*)\.weight$/.exec(name) ?? [];
    const weight = values[name];
    const bias = values[`${layer}.bias`];
    if (layer === undefined || weight === undefined || bias === undefined) continue;
    const [outputs = 0, inputs = 0] = weight.shape;
    layers.set(layer, {
      kernel: tf.tidy(() => tf.transpose(tf.tensor2d(Float32Array.from(weight.data), [outputs, inputs]))),
      bias: tf.tensor1d(Float32Array.from(bias.data)),
    });
  }
  return {
    dense: (name) => {
      const found = layers.get(name);
      if (found === undefined) throw new Error(`no weights "${name}"; there are ${[...layers.keys()].join(', ')}`);
      return found;
    },
    dispose: () => {
      for (const { kernel, bias } of layers.values()) tf.dispose([kernel, bias]);
    },
  };
}

/** Makes a device the active one; @difsr/tfjs has registered it. tfjs has one active device for the whole process. */
export function activateTfjs(device: 'node-gpu' | 'node' | 'wasm' | 'cpu'): () => Promise<void> {
  const name = device === 'node-gpu' || device === 'node' ? 'tensorflow' : device;
  return async () => {
    if (tf.getBackend() !== name) await tf.setBackend(name);
  };
}
