// The report in both forms: what must stand in it, what must not be mixed, and names that would break it.
import { describe, expect, it } from 'vitest';
import { record } from '../record.test.support.js';
import type { DataFacts } from '../../jobs/types.js';
import type { Specification } from '../types.js';
import { toHtml, toMarkdown } from '../../page/document.js';
import { PAPER_DATA, paperDataOf, PUBLISHED } from './published.js';
import { summarize, type SystemRuns } from './summary.js';
import { reportOf, type ReportInput } from './tables.js';

const users = (found: number): Float64Array => Float64Array.from({ length: 40 }, (_, i) => (i < found ? 1 : 0));
const NASTY = 'a|b <script>alert(1)</script> *c*';

function input(data: Partial<DataFacts> = {}, more: Partial<ReportInput> = {}): ReportInput {
  const facts = {
    label: 'shop',
    name: 'shop',
    users: 40,
    items: 90,
    interactions: 400,
    fingerprint: 'f',
    sides: ['brand (9 values)'],
    ...data,
  };
  const runs = ['sasrec', NASTY].map((model, i): SystemRuns => ({
    model,
    records: [1, 2, 3].map((seed) =>
      record({
        model,
        seed,
        test: 0.1 + 0.05 * i,
        converged: model !== NASTY || seed < 3,
        searched: { 'training.learningRate': 0.01 },
      }),
    ),
    perUser: { unmasked: users(10 + 5 * i), masked: users(12) },
  }));
  const specification: Specification = {
    models: runs.map(({ model }) => ({ label: model, name: 'sasrec', settings: {} })),
    data: [],
    seeds: [1, 2, 3],
    settings: {},
    search: { 'training.learningRate': [0.01, 0.02] },
    baseline: 'sasrec',
  };
  const options = { metric: 'ndcg@10', baseline: 'sasrec' };
  return {
    specification,
    data: [facts],
    groups: (['unmasked', 'masked'] as const).map((protocol) => summarize('shop', protocol, runs, options)),
    finals: runs.flatMap(({ records }) => records),
    trials: [0.01, 0.02].map((rate) =>
      record({ model: 'sasrec', seed: 1, test: rate, searched: { 'training.learningRate': rate } }),
    ),
    ignored: ['model.heads: not an option of popular'],
    failed: [{ id: 'shop/x/seed-1', message: 'it diverged' }],
    ...more,
  };
}

/** The part of a text from one heading to the next. */
function section(text: string, heading: string): string {
  const [, after = ''] = text.split(`${heading}\n`);
  return after.split(/^#{2,3} /m)[0] ?? '';
}

it('a system of counts has no interval, and is the row of popular items where it is that', () => {
  const system = (model: string, test: number): SystemRuns => ({
    model,
    records: [1, 2, 3].map((seed) => ({ ...record({ model, seed, test }), counted: true as const })),
    perUser: { unmasked: users(4), masked: users(4) },
  });
  const systems = [system('popular', 0.01), system('markov', 0.3)];
  const groups = [summarize('shop', 'unmasked', systems, { metric: 'ndcg@10' })];
  const own = section(toMarkdown(reportOf(input({}, { groups }))), '### shop, unmasked');
  expect(own).toMatch(/^\| markov \| 0\.6000 \| 0\.3000 \|/m);
  expect(own).toMatch(/^\| popular \| 0\.0200 \| 0\.0100 \|/m);
  expect(own).not.toContain('popular items');
  expect(own).toContain('p against markov');
});

describe('a report', () => {
  const document = reportOf(input());
  const markdown = toMarkdown(document);
  const html = toHtml(document);

  it('has each protocol in a table of its own, the popular items under the same one', () => {
    const [unmasked, masked] = [section(markdown, '### shop, unmasked'), section(markdown, '### shop, masked')];
    expect(unmasked).toMatch(/^\| sasrec \| 0\.2000 ± 0\.0000 \| 0\.1000 ± 0\.0000 \|/m);
    expect(masked).toMatch(/^\| sasrec \| 0\.3000 ± 0\.0000 \| 0\.1500 ± 0\.0000 \|/m);
    expect(unmasked).toMatch(/^\| popular items \| 0\.0200 \| 0\.0100 \|/m);
    expect(masked).toContain('0.4500');
    expect(unmasked).not.toContain('0.4500');
  });

  it('marks what had not converged, says what was ignored and what failed, and which values were chosen', () => {
    expect(markdown).toContain('1 of 6 runs had not converged');
    expect(section(markdown, '### shop, unmasked')).toMatch(/^\| a\\\|b .*\\\*c\\\* \\\* \|/m);
    expect(markdown).toContain('- model.heads: not an option of popular');
    expect(markdown).toContain('- shop/x/seed-1: it diverged');
    const search = section(markdown, '### shop, the search');
    expect(search).toMatch(/learningRate=0\.01 \| 0\.0100 \| 2 of 3 \| chosen \|/);
    expect(search).toMatch(/learningRate=0\.02 \| 0\.0200 \| 2 of 3 \|  \|/);
  });

  it('shows what lists are like to the same number of digits', () => {
    expect(section(markdown, '### shop, unmasked')).toMatch(/^\| sasrec \| 0\.5000 \| 9\.000 \|/m);
  });

  it('says what systems cost, and draws a line for each run', () => {
    expect(section(markdown, '### shop, what it takes')).toMatch(
      /\| 1,000 \| 2 of 3, 2 of 3, 2 of 3 \| yes \| 2\.0 \| 0\.1 \| 300 \|/,
    );
    expect(html.match(/<polyline/g)).toHaveLength(6);
  });

  it('escapes what names hold, in both forms', () => {
    expect(html).not.toContain('<script');
    expect(markdown).not.toMatch(/(?<!\\)<script/);
    const columns = section(markdown, '### shop, unmasked')
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split(/(?<!\\)\|/).length);
    expect(columns.length).toBeGreaterThan(4);
  });

  it('says what epochs were chosen by, which may be another protocol than that of a table', () => {
    expect(markdown).toContain('- The best epoch of a run is that by validation NDCG@10, unmasked.');
  });

  it('is the same for the same input', () => expect(toHtml(reportOf(input()))).toBe(html));
});

describe('published figures', () => {
  const beauty = PAPER_DATA.find(({ name }) => name === 'Beauty');
  if (beauty === undefined) throw new Error('no Beauty');
  const { users: u, items, interactions } = beauty;

  it('stand below ours of the same protocol where the counts are those of the paper, with the differences', () => {
    const markdown = toMarkdown(reportOf(input({ users: u, items, interactions })));
    const [unmasked, masked] = [section(markdown, '### shop, unmasked'), section(markdown, '### shop, masked')];
    expect(unmasked).toMatch(/^\| DIF-SR \| 0\.0908 \| 0\.0446 \| categories \| Xie, Zhou, Kim/m);
    expect(masked).not.toContain('Xie, Zhou, Kim');
    expect(masked).toMatch(/^\| eSASRec \| - \| 0\.0523 \|/m);
    expect(unmasked).toContain('side information of our data: brand (9 values)');
    expect(markdown).toContain('The paper had the categories of items alone.');
  });

  it('do not stand below other data, whatever it is called', () => {
    const markdown = toMarkdown(reportOf(input({ name: 'Beauty', users: u - 1, items, interactions })));
    expect(markdown).not.toContain('Published for');
    expect(markdown).not.toContain('The paper had the categories');
  });

  it('know their data sets by counts, and are of data sets that have them', () => {
    for (const data of PAPER_DATA) expect(paperDataOf(data)).toBe(data);
    const names = new Set(PAPER_DATA.map(({ name }) => name));
    expect(PUBLISHED.filter(({ data }) => !names.has(data))).toEqual([]);
    for (const { metrics, system } of PUBLISHED)
      for (const value of Object.values(metrics)) expect(value > 0.01 && value < 0.2, system).toBe(true);
    // Recall does not fall with the cutoff, and no NDCG is above the recall of its cutoff.
    for (const { metrics, system } of PUBLISHED) {
      const { 'recall@10': r10 = 0, 'recall@20': r20 = 1, 'ndcg@10': n10 = 0, 'ndcg@20': n20 = 0 } = metrics;
      expect(r10 <= r20 && n20 < r20 && (r10 === 0 || n10 < r10), system).toBe(true);
    }
  });
});
