// What the pictures of docs/guide/how-it-works.md show: scores and their ranks inside two models trained on the generated
// data. Every matrix is read off the graph that the model itself traces; nothing is computed a second way.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGraph, evaluate, reachable } from '../../packages/graph/dist/index.js';
import { generateDataset } from '../../packages/data/dist/index.js';
import { declareInputs } from '../../packages/models/dist/index.js';
import { Scope } from '../../packages/nn/dist/index.js';
import { openRun } from '../../packages/training/dist/index.js';
import { runCommand } from '../../apps/trainer/dist/index.js';
import { singularValues } from './singular-values.mjs';

/** @typedef {import('../../packages/graph/dist/index.js').Tensor} Tensor */
/** @typedef {number[][]} Matrix a row per query */

/**
 * @typedef {object} Measured
 * @property {{ models: string[], options: string[], ndcg10: Record<string, number> }} training
 * @property {{ labels: string[], head: number, sources: { name: string, kind: 'side' | 'item' | 'position', scores: Matrix }[], fused: Matrix, probabilities: Matrix }} attention
 *   One head of the first layer, one history. Scores are scaled; rows are queries, later keys are null in probabilities.
 * @property {{ length: number, headSize: number, curves: { name: string, values: number[] }[] }} spectrum
 *   Singular values over the largest, of the scores before the mask.
 */

/** What is trained: small enough for two minutes on two cores. */
const OPTIONS = (
  '--data generated --epochs 30 --set training.schedule.kind=constant --set training.targetsPerStep=1024 ' +
  '--set training.learningRate=0.002 --set model.maxLength=50 --set model.hiddenDropout=0.3 --set model.layers=2 --set model.heads=2'
).split(' ');
/** Length of the history whose scores are drawn. */
const SHOWN = 12;
/** Length of the histories whose ranks are taken: the models' longest. */
const LONG = 50;

/** The tensor or the end of the program: graphs are ours, so a missing one is a mistake here. @template T @param {T | undefined} x @param {string} what @returns {T} */
function need(x, what) {
  if (x === undefined)
    throw new Error(`the traced model has no ${what}: scripts/docs/measure.mjs must follow the definition`);
  return x;
}

/** The terms of a sum of sums, in order. @param {Tensor} x @returns {Tensor[]} */
const terms = (x) =>
  x.node.op === 'add' ? x.node.inputs.flatMap((operand) => (operand === undefined ? [] : terms(operand))) : [x];

/** Operands of a node that must have the given op. @param {Tensor} x @param {string} op */
function operands(x, op) {
  if (x.node.op !== op)
    throw new Error(`expected ${op}, found ${x.node.op}: scripts/docs/measure.mjs must follow the definition`);
  return x.node.inputs.map((operand) => need(operand, `operand of ${op}`));
}

/**
 * The scores of the first layer for a history: those of each source (as the sum's terms), fused, and the probabilities.
 *
 * @param {string} folder of a run
 * @param {readonly string[]} tokens the history
 */
async function firstLayer(folder, tokens) {
  const run = await openRun(folder);
  const { hidden } = run.model.build(new Scope({ training: false }), declareInputs(run.model));
  // Inputs come first in this order, so the first softmax is the first layer's.
  const softmax = reachable([hidden]).find(({ op }) => op === 'softmax');
  const probabilities = need(softmax?.outputs[0], 'softmax');
  const [scaled] = operands(need(operands(probabilities, 'softmax')[0], 'logits'), 'add');
  const [fused, scale] = operands(need(scaled, 'scaled scores'), 'mul');
  const sources = terms(need(fused, 'fused scores'));
  const outputs = Object.fromEntries(sources.map((source, j) => [`source${j}`, source]));
  const ids = Int32Array.from(tokens, (token) => run.items.tokens.indexOf(token));
  const graph = createGraph({
    ...outputs,
    fused: need(fused, 'fused scores'),
    probabilities,
    scale: need(scale, 'scale'),
  });
  const known = Object.entries(run.tensors).filter(([name]) => graph.inputs.has(name));
  const values = evaluate(graph, {
    ...Object.fromEntries(known),
    items: { dtype: 'int32', shape: [1, ids.length], data: ids },
  });
  const factor = need(values['scale']?.data[0], 'scale');
  const n = ids.length;
  /** @param {string} name @param {number} times @returns {Matrix[]} a matrix per head */
  const heads = (name, times) => {
    const { data, shape } = need(values[name], name);
    return Array.from({ length: Number(shape[1]) }, (_, head) =>
      Array.from({ length: n }, (_, i) =>
        Array.from({ length: n }, (_, j) => Number(data[(head * n + i) * n + j]) * times),
      ),
    );
  };
  return {
    sources: sources.map((_, j) => heads(`source${j}`, factor)),
    fused: heads('fused', factor),
    probabilities: heads('probabilities', 1),
    names: tokens.map((token) => run.items.names?.[run.items.tokens.indexOf(token)] ?? token),
    ndcg10: Number(run.metrics?.test?.['ndcg@10']),
    headSize: run.model.config.hiddenSize / Number(run.config.model['heads']),
    fields: run.vocabulary.schema.fields.map(({ name }) => name),
  };
}

/** How much of each row's probability lies on one earlier key, over all rows: the clearest head is drawn. @param {Matrix} rows */
const sharpness = (rows) =>
  rows.reduce((total, row, i) => total + Math.max(...row.slice(0, i + 1)) * (i > 0 ? 1 : 0), 0);

/** @param {Matrix} matrix @param {number} digits */
const rounded = (matrix, digits) => matrix.map((row) => row.map((x) => Number(x.toFixed(digits))));

/** Trains both models and reads them. Two to five minutes. @returns {Promise<Measured>} */
export async function measure() {
  const work = mkdtempSync(join(tmpdir(), 'difsr-pictures-'));
  try {
    /** @type {Record<string, string>} */
    const folders = {};
    for (const model of ['dif-sr', 'sasrecf']) {
      folders[model] = join(work, model);
      const code = await runCommand(['train', '--model', model, '--out', folders[model], ...OPTIONS]);
      if (code !== 0) throw new Error(`training ${model} ended with exit code ${code}`);
    }
    const dataset = generateDataset();
    /** @param {number} user @returns {string[]} */
    const history = (user) => {
      const { offsets, items } = dataset.sequences;
      return [...items.subarray(offsets[user], offsets[user + 1])].map((id) => need(dataset.items.tokens[id], 'token'));
    };
    const histories = Array.from({ length: dataset.users.size - 1 }, (_, user) => history(user));
    const shown = need(
      histories.find(({ length }) => length === SHOWN),
      `history of ${SHOWN} items`,
    );
    const dif = await firstLayer(need(folders['dif-sr'], 'run'), shown);
    const head = dif.probabilities.map(sharpness).reduce((best, x, h, all) => (x > Number(all[best]) ? h : best), 0);
    const kinds = [
      ...dif.fields.map((name) => ({ name, kind: /** @type {const} */ ('side') })),
      { name: 'item', kind: /** @type {const} */ ('item') },
      { name: 'position', kind: /** @type {const} */ ('position') },
    ];
    const long = histories.filter(({ length }) => length >= LONG).map((tokens) => tokens.slice(-LONG));
    /** Means over histories and heads of the singular values, over the largest. @param {string} model */
    const curve = async (model) => {
      /** @type {number[][]} */
      const all = [];
      for (const tokens of long)
        for (const matrix of (await firstLayer(need(folders[model], 'run'), tokens)).fused)
          all.push(singularValues(matrix));
      return Array.from({ length: LONG }, (_, k) =>
        // Geometric: the values span ten orders of magnitude.
        Number(
          Math.exp(
            all.reduce((sum, values) => sum + Math.log(Math.max(Number(values[k]) / Number(values[0]), 1e-17)), 0) /
              all.length,
          ).toPrecision(3),
        ),
      );
    };
    const sasrecf = await firstLayer(need(folders['sasrecf'], 'run'), shown);
    return {
      training: {
        models: ['dif-sr', 'sasrecf'],
        options: OPTIONS,
        ndcg10: { 'dif-sr': dif.ndcg10, sasrecf: sasrecf.ndcg10 },
      },
      attention: {
        labels: dif.names,
        head,
        sources: kinds.map((kind, j) => ({ ...kind, scores: rounded(need(dif.sources[j]?.[head], 'source'), 3) })),
        fused: rounded(need(dif.fused[head], 'head'), 3),
        probabilities: rounded(need(dif.probabilities[head], 'head'), 4),
      },
      spectrum: {
        length: LONG,
        headSize: dif.headSize,
        curves: [
          { name: 'early fusion (SASRecF)', values: await curve('sasrecf') },
          { name: 'DIF (DIF-SR)', values: await curve('dif-sr') },
        ],
      },
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
