// The page, from numbers that are known.
import { describe, expect, it } from 'vitest';
import { analysisDocument, analysisHtml, centred, shownMetrics } from './report.js';
import type { Analysis, RunAnalysis, TargetGroup } from './types.js';

const group = (name: string, targets: number, value: number): TargetGroup => ({
  name,
  targets,
  share: targets / 10,
  metrics: { 'recall@5': 1, 'recall@10': value, 'ndcg@10': value / 2 },
});
const run = (model: string, folder: string): RunAnalysis => ({
  run: folder,
  model,
  dataset: 'shop <b>',
  options: { hiddenSize: 4 },
  rank: {
    length: 2,
    histories: 3,
    eligible: 7,
    notes: ['no history has 50 items: the longest, of 2, are taken'],
    heads: [
      {
        attention: 'layers.0.attention',
        head: 0,
        masked: false,
        rank: 1.5,
        rank64: 2,
        effective: 1.25,
        spectrum: [1, 1e-17],
      },
    ],
    mean: { rank: 1.5, rank64: 2, effective: 1.25 },
  },
  gradients: {
    steps: 1,
    places: 5,
    targets: 5,
    losses: { loss: 2 },
    sources: [
      { source: 'item', magnitude: 0.5 },
      { source: 'brand', magnitude: 0.5, toItem: { difference: 0, cosine: 1 } },
    ],
  },
  groups: {
    part: 'test',
    protocol: 'masked',
    all: group('all', 10, 0.2),
    length: [group('1–4', 4, 0.5), group('5–9', 6, 0)],
    popularity: [group('cold (0)', 10, 0.2)],
  },
});
const one = (other: Partial<RunAnalysis> = {}): Analysis => ({
  formatVersion: 1,
  notes: [],
  runs: [{ ...run('dif-sr', 'runs/a'), ...other }],
});

/** Rows of the tables of a page. */
function rowsOf(analysis: Analysis): string[] {
  return analysisDocument(analysis).blocks.flatMap((block) =>
    block.kind === 'table' ? block.rows.map((row) => row.join(' | ')) : [],
  );
}

describe('the page of an analysis', () => {
  it('has ranks with the number of histories, gradients, and groups with their counts', () => {
    const rows = rowsOf(one());
    expect(rows).toContain('dif-sr | 1.5 | 2.0 | 1.25 | 2 x 2 | 3 of 7');
    expect(rows).toContain('dif-sr, brand | 0.500 | 0 (the same) | 1.000');
    expect(rows).toContain(' | targets | share | Recall@10 | NDCG@10');
    expect(rows).toContain('1–4 | 4 | 40.0 % | 0.5000 | 0.2500');
    const html = analysisHtml(one());
    expect(html).toContain('no history has 50 items: the longest, of 2, are taken.');
    expect(html).toContain('test targets, masked');
    expect(html).not.toContain('<b>'); // names from data are escaped
  });

  it('of runs of one model tells them apart by their folders, and sets their groups side by side', () => {
    const two = { ...one(), runs: [run('dif-sr', 'runs/a'), run('dif-sr', 'runs/b')] };
    const rows = rowsOf(two);
    expect(rows).toContain('dif-sr (runs/b) | 1.5 | 2.0 | 1.25 | 2 x 2 | 3 of 7');
    expect(rows).toContain('5–9 | 6 | 60.0 % | 0.0000 | 0.0000 | 0.0000 | 0.0000');
  });

  it('says why a part is not there', () => {
    const html = analysisHtml(
      one({
        rank: { unavailable: 'no scores here' },
        gradients: { unavailable: 'none' },
        maps: { unavailable: 'no maps' },
      }),
    );
    expect(html).toContain('dif-sr: no scores here.');
    expect(html).toContain('no maps.');
  });

  it('draws a map per source with names, its rows less their mean, hidden cells empty', () => {
    const square = [
      [4, 9],
      [1, 3],
    ];
    const probabilities = [
      [1, 0],
      [0.2, 0.8],
    ];
    expect(centred(square, probabilities)).toEqual([
      [0, Number.NaN],
      [-1, 1],
    ]);
    const html = analysisHtml(
      one({
        maps: {
          history: [{ id: 'a', name: 'boots & socks' }, { id: 'b' }],
          unknown: ['c'],
          notes: [],
          attentions: [
            {
              attention: 'layers.0.attention',
              heads: [{ head: 0, sources: [{ name: 'brand', scores: square }], fused: square, probabilities }],
            },
          ],
        },
      }),
    );
    expect(html).toContain('<h3>scores of brand</h3>');
    expect(html.match(/boots &#38; socks<\/text>/g)).toHaveLength(3);
    expect(html).toContain('left out: c.');
    expect(html).not.toMatch(/NaN|undefined/);
  });

  it('shows metrics at 10, or at the first cut-off that there is', () => {
    expect(shownMetrics({ 'ndcg@5': 0, 'ndcg@10': 0 })).toEqual(['recall@10', 'ndcg@10']);
    expect(shownMetrics({ 'ndcg@3': 0, 'recall@3': 0 })).toEqual(['recall@3', 'ndcg@3']);
  });
});
