// The pages of the site in the order in which they are listed: title, and path below docs/ without its ending.
import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { ROOT } from '../bootstrap.mjs';

const DOCS = join(ROOT, 'docs');

/** @type {Readonly<Record<'guide' | 'data' | 'reference' | 'project', readonly (readonly [title: string, path: string])[]>>} */
export const PAGES = {
  guide: [
    ['Getting started', 'guide/getting-started'],
    ['From code', 'guide/library'],
    ['Comparing models', 'guide/compare'],
    ['Finding good options', 'guide/tune'],
    ['Looking into a model', 'guide/analyze'],
    ['A server', 'guide/serve'],
    ['Serve from Node', 'guide/serve-from-node'],
    ['Drop-in: SASRec and BERT4Rec', 'guide/drop-in'],
    ['Drop-in: ONNX models', 'guide/drop-in-onnx'],
    ['In the browser', 'guide/browser'],
    ['Choosing a backend and device', 'guide/backends'],
    ['Measuring on your machine', 'guide/benchmark'],
    ['On a machine with a GPU', 'guide/gpu'],
    ['Losses and negatives', 'guide/losses'],
    ['Taking DIF-SR apart', 'guide/ablate'],
    ['How DIF attention works', 'guide/how-it-works'],
    ['A model of your own', 'adding-a-model'],
  ],
  data: [
    ['Your own data in five minutes', 'guide/data/five-minutes'],
    ['CSV and other delimited text', 'guide/data/csv'],
    ['JSON and JSON lines', 'guide/data/json'],
    ['Parquet', 'guide/data/parquet'],
    ["RecBole's atomic files", 'guide/data/recbole'],
    ["S3-Rec's files", 'guide/data/s3rec'],
    ['DuckDB and PostgreSQL', 'guide/data/databases'],
    ['Amazon reviews', 'guide/data/amazon'],
    ['MovieLens', 'guide/data/movielens'],
    ['Yelp', 'guide/data/yelp'],
    ['Steam', 'guide/data/steam'],
    ['Last.fm', 'guide/data/lastfm'],
    ['Sessions: Yoochoose and Diginetica', 'guide/data/sessions'],
    ['Side information of every kind', 'guide/data/side-information'],
    ['Splits', 'guide/data/splits'],
    ['Rows that cannot be used', 'guide/data/problems'],
    ['The prepared form', 'guide/data/prepared'],
    ['Statistics and findings', 'guide/data/statistics'],
  ],
  reference: [
    ['Training configuration', 'configuration'],
    ['Description: dataset.yaml', 'guide/data/description'],
    ['Attention configuration', 'guide/attention-config'],
    ['Op coverage', 'coverage'],
    ['Performance', 'performance'],
    ['Results: Beauty, d 64', 'results/beauty-d64'],
  ],
  project: [
    ['Upgrading', 'guide/upgrading'],
    ['Architecture', 'architecture'],
    ['Glossary', 'glossary'],
    ['Decisions', 'decisions/index'],
  ],
};

const listed = Object.values(PAGES).flatMap((pages) => pages.map(([, path]) => `${path}.md`));

/** Whether a page is written. @param {string} path below docs/, without its ending */
export const isWritten = (path) => existsSync(join(DOCS, `${path}.md`));

/** Listed pages that nobody has written. */
export const missingPages = () => listed.filter((path) => !existsSync(join(DOCS, path)));

/** Pages that no list has, so that nobody finds them. */
export const unlistedPages = () =>
  readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.md') && path !== 'index.md' && !/^(?:api|decisions|\.vitepress)\//.test(path))
    .filter((path) => !listed.includes(path));
