// Tables of figures as Markdown, from the files under docs/results: nobody types a result into a page.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PUBLISHED } from '../../packages/library/dist/compare/report/published.js';
import { ROOT } from '../bootstrap.mjs';

/**
 * What was measured, by hand or by a script, as it stands in `docs/results/measured/NAME.json`.
 *
 * @typedef {object} Measured
 * @property {string} what
 * @property {string} command
 * @property {string} date
 * @property {string} machine
 * @property {readonly string[]} columns
 * @property {number} [digits] of numbers, behind the point
 * @property {readonly (readonly Cell[])[]} rows
 *
 * @typedef {string | number | readonly number[]} Cell a text, a number, or a number for each of several seeds
 */

/** The folder of results. */
export const RESULTS = join(ROOT, 'docs', 'results');

/** A share as it is written in tables: .0415. @param {number} value @param {number} digits */
export const share = (value, digits) => value.toFixed(digits).replace(/^(-?)0\./, '$1.');

/** @param {readonly (readonly string[])[]} rows the first are the heads */
export const table = ([heads = [], ...rows]) => {
  /** @param {readonly string[]} cells */
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), `|${'---|'.repeat(heads.length)}`, ...rows.map(line)].join('\n');
};

/** @param {string} path below docs/results @returns {unknown} */
function read(path) {
  const file = join(RESULTS, path);
  if (!existsSync(file)) throw new Error(`there is no ${path} in docs/results`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** @param {string} name of a file in docs/results/measured */
export function measuredTable(name) {
  const { columns, digits = 4, rows } = /** @type {Measured} */ (read(`measured/${name}.json`));
  /** @param {Cell} cell */
  const shown = (cell) =>
    typeof cell === 'string'
      ? cell
      : [cell]
          .flat()
          .map((value) => share(value, digits))
          .join(', ');
  return table([columns, ...rows.map((row) => row.map(shown))]);
}

/** Titles of metrics. @param {string} metric */
const title = (metric) => metric.replace('ndcg', 'NDCG').replace('recall', 'Recall').replace('mrr', 'MRR');

/**
 * A comparison, `docs/results/NAME/report.json`: its systems under one protocol, best first.
 *
 * @typedef {{ mean: number, margin: number | null, seeds: number }} OverSeeds
 * @typedef {{ model: string, searched: Record<string, unknown>, metrics: Record<string, OverSeeds>, parameters: number, bestEpochs: number[], counted: boolean, converged: boolean, againstBest?: { p: number } }} System
 * @typedef {{ protocol: string, metric: string, systems: System[], best: string }} Group
 */

/** @param {string} name @param {string} protocol @param {readonly string[]} metrics */
export function comparedTable(name, protocol, metrics = ['recall@10', 'recall@20', 'ndcg@10', 'ndcg@20']) {
  const { groups } = /** @type {{ groups: Group[] }} */ (read(`${name}/report.json`));
  const group = groups.find((each) => each.protocol === protocol);
  if (group === undefined) throw new Error(`docs/results/${name} has nothing ${protocol}`);
  /** @param {OverSeeds | undefined} value @param {boolean} counted the same for every seed */
  const overSeeds = (value, counted) =>
    value === undefined
      ? ''
      : value.margin === null || counted
        ? share(value.mean, 4)
        : `${share(value.mean, 4)} ± ${share(value.margin, 4)}`;
  return table([
    ['', ...metrics.map(title), 'p against the best', 'parameters'],
    ...group.systems.map(({ model, metrics: own, againstBest, parameters, converged, counted }) => [
      `${model}${converged || counted ? '' : ' *'}`,
      ...metrics.map((metric) => overSeeds(own[metric], counted)),
      againstBest === undefined ? '' : againstBest.p < 0.001 ? '< .001' : share(againstBest.p, 3),
      counted ? 'counts' : `${(parameters / 1e6).toFixed(2)} M`,
    ]),
  ]);
}

/** Figures that others published. @param {string} data @param {string} protocol */
export function publishedTable(data, protocol, metrics = ['recall@10', 'recall@20', 'ndcg@10', 'ndcg@20']) {
  const rows = PUBLISHED.filter((row) => row.data === data && row.protocol === protocol);
  if (rows.length === 0) throw new Error(`nothing is published of ${data}, ${protocol}`);
  return table([
    ['', ...metrics.map(title), 'side information', 'source'],
    ...rows.map(({ system, metrics: own, sides, source }) => [
      system,
      ...metrics.map((metric) => (own[metric] === undefined ? '' : share(own[metric], 4))),
      sides,
      source,
    ]),
  ]);
}

/** A generated part by the words of its marker; undefined for one that is another script's. @param {string} words */
export function generated(words) {
  const [kind, name = '', protocol = ''] = words.split(' ');
  if (kind === 'measured') return measuredTable(name);
  if (kind === 'published') return publishedTable(name, protocol);
  return kind === 'compared' ? comparedTable(name, protocol) : undefined;
}

const MARKED = /(<!-- generated: ([^>]+?) -->\n)([\s\S]*?)(<!-- end -->)/g;

/** A page with its tables as the files of results have them. @param {string} text */
export const updated = (text) =>
  text.replaceAll(
    MARKED,
    (whole, /** @type {string} */ start, /** @type {string} */ words, _, /** @type {string} */ end) => {
      const content = generated(words);
      return content === undefined ? whole : `${start}\n${content}\n\n${end}`;
    },
  );

/** The names of results that a page has. @param {string} text */
export const namesIn = (text) => [...text.matchAll(MARKED)].map(([, , words = '']) => words);
