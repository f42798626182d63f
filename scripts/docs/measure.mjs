// What the pictures of docs/guide/how-it-works.md show: scores and their ranks inside two models trained on the generated
// data. They are what `difsr analyze` gives; nothing is computed a second way.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset } from '../../packages/data/dist/index.js';
import { analyze } from '../../packages/library/dist/index.js';
import { openRun } from '../../packages/training/dist/index.js';
import { runCommand } from '../../apps/trainer/dist/index.js';

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

/** The value or the end of the program: what is analysed is ours, so a missing part is a mistake here. @template T @param {T | undefined} x @param {string} what @returns {T} */
function need(x, what) {
  if (x === undefined) throw new Error(`the analysis has no ${what}: scripts/docs/measure.mjs must follow it`);
  return x;
}

/** A part that the run must have. @template {object} T @param {import('../../packages/library/dist/index.js').Available<T> | undefined} part @param {string} what @returns {T} */
function available(part, what) {
  const found = need(part, what);
  if ('unavailable' in found) throw new Error(`${what}: ${found.unavailable}`);
  return found;
}

/** How much of each row's probability lies on one earlier key, over all rows: the clearest head is drawn. @param {readonly (readonly number[])[]} rows */
const sharpness = (rows) =>
  rows.reduce((total, row, i) => total + Math.max(...row.slice(0, i + 1)) * (i > 0 ? 1 : 0), 0);

/** @param {readonly (readonly number[])[]} matrix @param {number} digits */
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
    const { runs } = await analyze([need(folders['dif-sr'], 'run'), need(folders['sasrecf'], 'run')], {
      history: shown,
      length: LONG,
    });
    const [dif, sasrecf] = [need(runs[0], 'DIF-SR'), need(runs[1], 'SASRecF')];
    const maps = available(dif.maps, 'maps');
    const { heads } = need(maps.attentions[0], 'first layer');
    const head = heads.reduce(
      (best, { probabilities }, h) =>
        sharpness(probabilities) > sharpness(need(heads[best], 'head').probabilities) ? h : best,
      0,
    );
    const { sources, fused, probabilities } = need(heads[head], 'head');
    /** The first layer's singular values over the largest, means over its heads. @param {typeof dif} run */
    const curve = (run) => {
      const { heads: all } = available(run.rank, 'rank');
      const first = all.filter(({ attention }) => attention === all[0]?.attention);
      // Geometric: the values span ten orders of magnitude.
      return need(first[0], 'head').spectrum.map((_, k) =>
        Number(
          Math.exp(
            first.reduce((sum, { spectrum }) => sum + Math.log(Number(spectrum[k])), 0) / first.length,
          ).toPrecision(3),
        ),
      );
    };
    const ndcg10 = Object.fromEntries(
      await Promise.all(
        Object.entries(folders).map(async ([model, run]) => [
          model,
          Number((await openRun(run)).metrics?.test?.['ndcg@10']),
        ]),
      ),
    );
    return {
      training: { models: ['dif-sr', 'sasrecf'], options: OPTIONS, ndcg10 },
      attention: {
        labels: maps.history.map(({ id, name }) => name ?? id),
        head,
        sources: sources.map(({ name, scores }) => ({
          name,
          kind: name === 'item' || name === 'position' ? name : /** @type {const} */ ('side'),
          scores: rounded(scores, 3),
        })),
        fused: rounded(fused, 3),
        probabilities: rounded(probabilities, 4),
      },
      spectrum: {
        length: LONG,
        headSize: Number(dif.options['hiddenSize']) / Number(dif.options['heads']),
        curves: [
          { name: 'early fusion (SASRecF)', values: curve(sasrecf) },
          { name: 'DIF (DIF-SR)', values: curve(dif) },
        ],
      },
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
