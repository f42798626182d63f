// The report of an ablation: its marks and units are explained.
import { describe, expect, it } from 'vitest';
import { record } from '../compare/record.test.support.js';
import { summarize } from '../compare/report/summary.js';
import { toMarkdown } from '../page/document.js';
import { ablationReport } from './report.js';

function reportOf(seeds: readonly number[], converged: boolean): string {
  const records = seeds.map((seed) => record({ model: 'dif-sr', seed, test: 0.1, converged }));
  const users = Float64Array.from({ length: 40 }, (_, i) => i % 2);
  const runs = [{ model: 'dif-sr', records, perUser: { unmasked: users, masked: users } }];
  return toMarkdown(
    ablationReport({
      data: { label: 'shop', name: 'shop', users: 4000, items: 90, interactions: 56_789, fingerprint: 'f', sides: [] },
      studies: [
        {
          name: 'fusion',
          title: 'Fusion function',
          about: 'how scores become one',
          variants: [{ title: 'sum', model: 'dif-sr', settings: {} }],
        },
      ],
      labels: [['dif-sr']],
      groups: (['unmasked', 'masked'] as const).map((protocol) =>
        summarize('shop', protocol, runs, { metric: 'ndcg@10' }),
      ),
      records,
      seeds,
    }),
  );
}

describe('the report of an ablation', () => {
  it('says what its mark means, and leaves that out where nothing is marked', () => {
    const marked = reportOf([1, 2, 3], false);
    expect(marked).toMatch(/^\| sum \(as it is\) \\\* \|/m);
    expect(marked).toContain('had not converged: it did not stop early');
    expect(reportOf([1, 2, 3], true)).not.toContain('had not converged');
  });

  it('counts memory in MB as every command does, and speaks of intervals where there are some', () => {
    const [several, single] = [reportOf([1, 2, 3], true), reportOf([1], true)];
    expect(several).toContain('4,000 users, 90 items, 56,789 interactions');
    expect(several).toMatch(/\| 1,000 \| 2\.00 \| 300 \|/);
    expect(several).toContain('Seeds 1, 2, 3; ± is half a 95 % t-interval over seeds.');
    expect(single).toContain('Seed 1. With fewer than 3 seeds no order is claimed.');
    expect(single).not.toContain('±');
  });
});
