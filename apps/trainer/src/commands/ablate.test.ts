// An ablation as users ask for it: a real small job, and its tables.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr } from '../command.test.support.js';

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'difsr-ablate-'));
  const { code } = await difsr(['data', 'generate', '--users', '80', '--items', '130', '--out', 'shop'], { cwd });
  expect(code).toBe(0);
}, 60_000);
afterAll(() => rm(cwd, { recursive: true, force: true }));

const SIZES = ['hiddenSize=8', 'innerSize=8', 'layers=1', 'heads=1', 'sideWidth=4'].flatMap((size) => [
  '--set',
  `model.${size}`,
]);
const args = ['ablate', '--data', 'shop', '--seeds', '1', '--epochs', '1', '--out', 'parts', ...SIZES];

describe('ablate', () => {
  it('trains the variants, writes a table for each study, and is extended by another', async () => {
    const { code, stdout, stderr } = await difsr([...args, '--studies', 'fusion'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('written: parts/report/ablation.md');
    const report = await readFile(join(cwd, 'parts/report/ablation.md'), 'utf8');
    expect(report).toMatch(/^## Fusion function$/m);
    expect(report).toMatch(/^\| sum \(as it is\) .*\| \d\.\d{4} \|/m);
    expect(report).toMatch(/^\| gate .*\| \d\.\d{4} \|/m);
    expect(report).toContain('no order is claimed');

    const more = await difsr([...args, '--studies', 'fusion,integration'], { cwd });
    expect({ code: more.code, stderr: more.stderr }).toEqual({ code: 0, stderr: '' });
    expect(more.stdout).toMatch(/3 of them done/);
    const both = await readFile(join(cwd, 'parts/report/ablation.md'), 'utf8');
    for (const row of ['SASRec + AAP', 'SASRec + DIF + AAP (DIF-SR)', 'BERT4Rec + DIF'])
      expect(both).toContain(`| ${row}`);
    expect(both).not.toContain('failed');
    expect(await readFile(join(cwd, 'parts/report/ablation.html'), 'utf8')).toContain('<table');
  }, 240_000);

  it('refuses a study that does not exist', async () => {
    const { code, stderr } = await difsr([...args, '--studies', 'fusoin'], { cwd });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/fusoin[^]*fusion/);
  });
});
