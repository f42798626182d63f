// The text, charts and page of data stats: a small data set whose text stands here as it is, and one with names that want to be markup.
import { analyseDataset, buildDataset, type Dataset, datasetStatistics, findingsOf } from '@difsr/data';
import { describe, expect, it } from 'vitest';
import { statisticsCharts } from './plots/charts.js';
import { renderPage } from './plots/page.js';
import { renderChart } from './plots/render.js';
import { type Described, fieldRows, findingLines, otherFieldRows, summaryRows } from './statistics.js';
import { table } from './table.js';

const DAY = 86_400;

/** Ann, Bob and Cem buy tea; times are days from 2001-09-09 on. */
function smallDataset(tag = 'green'): Dataset {
  const rows = [
    ['ann', 'sencha', 0],
    ['ann', 'assam', 1],
    ['ann', 'mate', 1],
    ['ann', 'oolong', 3],
    ['bob', 'sencha', 2],
    ['bob', 'sencha', 2.5],
    ['bob', 'assam', 40],
    ['cem', 'rooibos', 45],
  ] as const;
  const users = [...new Set(rows.map(([user]) => user))];
  const items = [...new Set(rows.map(([, item]) => item))];
  return buildDataset({
    name: 'tea',
    format: 'recbole',
    source: 'tea.inter',
    interactions: {
      userTokens: users,
      itemTokens: items,
      users: Int32Array.from(rows, ([user]) => users.indexOf(user)),
      items: Int32Array.from(rows, ([, item]) => items.indexOf(item)),
      times: Float64Array.from(rows, ([, , day]) => (11_574 + day) * DAY),
    },
    items: {
      ids: ['sencha', 'assam', 'mate', 'oolong', 'rooibos'],
      columns: [{ name: 'kind', kind: 'multi-categorical', values: [[tag], ['black'], [], [tag, 'black'], ['red']] }],
    },
    report: [],
  });
}

function describeDataset(dataset: Dataset): Described {
  const statistics = datasetStatistics(dataset);
  const analysis = analyseDataset(dataset);
  return { statistics, analysis, findings: findingsOf(analysis, statistics), otherFields: [] };
}

describe('the text of data stats', () => {
  const described = describeDataset(smallDataset());

  it('says in a few lines what a data set holds', () => {
    expect(table(summaryRows(described), ['left', 'left']).join('\n')).toBe(
      `
data set      tea (recbole)
users         3
items         5
interactions  8
density       46.7 %
per user      1 to 4, mean 2.7, median 3, 90 % from 1 to 4
per item      1 to 3, mean 1.6, median 1, 90 % from 1 to 3
popularity    Gini 0.250; the top 1 % of items have 37.5 % of the interactions, the top 10 % 37.5 %
repeats       12.5 % of the interactions are with an item the user had before, 12.5 % with the one just before
split         leave-one-out: 5 train, 1 valid, 2 test
cold items    2 (40.0 %) without training; targets among them: 1 of valid, 1 of test
time          2001-09-09 to 2001-10-24 (45 days), most in 2001-09-10 (2)
pauses        40.0 % under a day, the longest 38 days
ties          12.5 % of the interactions have the time of the one before; targets among them: 1 of valid, 0 of test
leakage       20.0 % of training lies after a test target, on average; 0.0 % of test targets before half of it
`.trim(),
    );
  });

  it('has a row per field', () => {
    expect(table(fieldRows(described), ['left', 'left', 'right', 'right', 'left', 'left', 'right', 'right'])).toEqual([
      'field  kind               values  items with one  per item          most frequent   Gini  own value',
      'kind   multi-categorical       3          80.0 %  0 to 2, mean 1.0  green (2)      0.133     25.0 %',
    ]);
    const otherFields = [
      { name: 'price', owner: 'item', kind: 'numeric', coverage: 0.5, range: { min: 1, mean: 2.34567, max: 10 } },
      { name: 'age', owner: 'user', kind: 'categorical', coverage: 1, values: 7 },
    ] as const;
    expect(otherFieldRows({ ...described, otherFields }).slice(1)).toEqual([
      ['price', 'items', 'numeric', '50.0 %', '1 to 10, mean 2.346'],
      ['age', 'users', 'categorical', '100.0 %', '7 values'],
    ]);
  });

  it('marks what should make one think, and says what to do', () => {
    const lines = findingLines(described.findings);
    expect(lines.map(({ what }) => what)).toContain('! nothing happens for 36 days after 2001-09-12');
    for (const { what, cure } of lines) {
      expect(what).toMatch(/^[!-] /);
      expect(cure).toMatch(/^ {2}\w/);
    }
  });
});

describe('the charts', () => {
  const charts = statisticsCharts(describeDataset(smallDataset()).analysis);

  it('are those that the data have', () => {
    expect(charts.map(({ name }) => name)).toEqual([
      'lengths',
      'item-interactions',
      'long-tail',
      'time',
      'pauses',
      'field-1',
    ]);
    const { times: _, ...timeless } = smallDataset();
    const fewer = statisticsCharts(analyseDataset({ ...timeless, fields: [] }));
    expect(fewer.map(({ name }) => name)).toEqual(['lengths', 'item-interactions', 'long-tail']);
  });

  it('show every interaction, user and item once', () => {
    const total = (name: string): number =>
      charts
        .find((chart) => chart.name === name)
        ?.series.flatMap(({ values }) => values)
        .reduce((sum, value) => sum + value, 0) ?? 0;
    expect([total('lengths'), total('item-interactions'), total('time'), total('pauses')]).toEqual([3, 5, 8, 5]);
  });

  it('are drawn with title, summary and names; equal data give equal bytes', () => {
    for (const chart of charts) {
      const svg = renderChart(chart, 'file');
      expect(svg).toMatch(/^<svg role="img" aria-label="[^"]+" /);
      expect(svg).toContain(`<desc>${chart.summary.replaceAll('"', '&#34;')}</desc>`);
      expect(renderChart(chart, 'file')).toBe(svg);
      expect(svg.match(/<path|<polyline|<rect/g)?.length).toBeGreaterThan(chart.categories.length / 4);
    }
  });

  it('take ink and ground from the page, or bring their own', () => {
    const [chart] = charts;
    if (chart === undefined) throw new Error('no chart');
    expect(renderChart(chart, 'page')).toContain('currentColor');
    expect(renderChart(chart, 'page')).not.toContain('#ffffff');
    expect(renderChart(chart, 'file')).not.toContain('currentColor');
    expect(renderChart(chart, 'file')).toContain('#ffffff');
  });
});

describe('the page', () => {
  const nasty = '</title><script>alert("1")</script>&\u0007';
  const described = describeDataset(smallDataset(nasty));
  const page = renderPage({
    title: nasty,
    findings: [...described.findings, { level: 'note', code: 'ties', what: nasty, cure: nasty }],
    tables: [{ title: nasty, headed: true, rows: [[nasty], ...fieldRows(described)] }],
    charts: statisticsCharts(described.analysis).map((chart) => ({ ...chart, title: nasty, summary: nasty })),
    report: [nasty],
  });

  it('takes names from the data as text', () => {
    expect(page).not.toContain('<script');
    expect(page).not.toContain('\u0007');
    expect(page.match(/&#60;script&#62;/g)?.length).toBeGreaterThan(10);
  });

  it('needs nothing from elsewhere', () => {
    const links = [...page.matchAll(/\b(?:src|href|xlink:href)="([^"]*)"/g)].map(([, target]) => target ?? '');
    expect(links.filter((target) => !target.startsWith('#'))).toEqual([]);
    expect(page).not.toMatch(/@import|url\((?!#)/);
  });

  it('says every number of a chart in a table, and works in the dark', () => {
    expect(page.match(/<details><summary>Numbers<\/summary>/g)).toHaveLength(6);
    expect(page).toContain('prefers-color-scheme: dark');
  });

  it('is well nested', () => {
    const open: string[] = [];
    for (const [, slash, tag = '', rest = ''] of page.matchAll(/<(\/?)([a-z][\w:]*)((?:"[^"]*"|[^">])*)>/gi)) {
      if (['meta', 'br'].includes(tag) || rest.endsWith('/')) continue;
      if (slash === '/') expect(open.pop()).toBe(tag);
      else open.push(tag);
    }
    expect(open).toEqual([]);
  });
});
