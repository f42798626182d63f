// Figures in README and docs are those of the files under docs/results, and every file there is shown somewhere.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../bootstrap.mjs';
import { pagesWithFigures } from '../results/pages.mjs';
import { comparedTable, measuredTable, namesIn, RESULTS, share, updated } from '../results/tables.mjs';

const pages = pagesWithFigures().map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

describe('figures', () => {
  it.each(pages.filter(({ text }) => namesIn(text).length > 0).map(({ path, text }) => [path, text]))(
    '%s: are those of docs/results (else: pnpm results)',
    (_, text) => expect(updated(text)).toBe(text),
  );

  it('of every file are shown somewhere', () => {
    const shown = new Set(pages.flatMap(({ text }) => namesIn(text)));
    for (const file of readdirSync(join(RESULTS, 'measured'))) {
      expect([...shown]).toContain(`measured ${file.replace(/\.json$/, '')}`);
    }
  });

  it.each(readdirSync(join(RESULTS, 'measured')))('%s says what was measured, how, when and on what', (file) => {
    const measured = JSON.parse(readFileSync(join(RESULTS, 'measured', file), 'utf8'));
    expect(measured).toMatchObject({
      what: expect.stringMatching(/\w{3}/),
      command: expect.stringMatching(/\w{3}/),
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      machine: expect.stringMatching(/core/),
    });
    for (const row of measured.rows) expect(row).toHaveLength(measured.columns.length);
  });
});

describe('a page', () => {
  const table = measuredTable('quickstart');

  it('gets the table that its marker names, whatever stood there', () => {
    const page = 'before\n<!-- generated: measured quickstart -->\n\n| old | .1 |\n\n<!-- end -->\nafter';
    expect(updated(page)).toBe(`before\n<!-- generated: measured quickstart -->\n\n${table}\n\n<!-- end -->\nafter`);
    expect(updated(updated(page))).toBe(updated(page));
  });

  it('keeps the parts that another script generates', () => {
    const page = '<!-- generated: diff sasrec -->\nlines\n<!-- end -->\n';
    expect(updated(page)).toBe(page);
  });

  it('that names what there is not is an error', () => {
    expect(() => updated('<!-- generated: measured nothing -->\n<!-- end -->')).toThrow('no measured/nothing.json');
    expect(() => comparedTable('nothing', 'masked')).toThrow('no nothing/report.json');
  });

  it('shows shares without a leading zero', () =>
    expect([share(0.0415, 4), share(-0.5, 1), share(1.5, 1)]).toEqual(['.0415', '-.5', '1.5']));
});
