// Analyses as users ask for them.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, trainedShop } from '../command.test.support.js';

const RUN = 'runs/shop-dif-sr-1';
const FEW = ['--length', '4', '--histories', '3', '--batches', '1'];
let cwd = '';

beforeAll(async () => {
  cwd = await trainedShop(RUN);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

describe('analyze', () => {
  it('says ranks, gradients and groups in short, and writes the page and the JSON into the run', async () => {
    const { code, stdout, stderr } = await difsr(['analyze', RUN, ...FEW], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^dif-sr +runs\/shop-dif-sr-1 +\d\.\d +\d\.\d +\d\.\d\d +4 +3 of \d+$/m);
    expect(stdout).toMatch(/^dif-sr +position +\d\S* +\d\S* +-?\d\.\d{3}$/m);
    expect(stdout).toMatch(/^dif-sr by group, test targets, unmasked$/m);
    expect(stdout).toMatch(/^all +60 +0\.\d{4} +0\.\d{4}$/m);
    const page = await readFile(join(cwd, RUN, 'analysis.html'), 'utf8');
    expect(page).toContain('<h2>Rank of attention scores</h2>');
    // It works offline: nothing is fetched, nothing runs.
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|(?:src|href)=/);
    const json: unknown = JSON.parse(await readFile(join(cwd, RUN, 'analysis.json'), 'utf8'));
    expect(json).toMatchObject({ formatVersion: 1, runs: [{ model: 'dif-sr', rank: { length: 4, histories: 3 } }] });
  });

  it('shows the attention of a history with names, and what decided; --json is what the file has', async () => {
    const { stdout, stderr } = await difsr(
      ['analyze', RUN, ...FEW, '--history', 'item-3 itm-9 item-7', '--html', 'pages/a.html', '--json'],
      { cwd },
    );
    expect(stderr).toMatch(/^warning: not among the items of .* and ignored: itm-9\n$/);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(await readFile(join(cwd, 'pages/a.json'), 'utf8')));
    expect(JSON.parse(stdout)).toMatchObject({
      runs: [
        {
          maps: { unknown: ['itm-9'], history: [{ id: 'item-3', name: expect.any(String) }, { id: 'item-7' }] },
          explanation: { events: [{ id: 'item-3' }, { id: 'item-7' }] },
        },
      ],
    });
    const page = await readFile(join(cwd, 'pages/a.html'), 'utf8');
    expect(page).toContain('<h3>scores of brand</h3>');
    expect(page).toMatch(/What decided the best recommendation/);
    expect(page).toContain('itm-9');
  });

  it('refuses a user that the data does not have, with the nearest', async () => {
    const { code, stderr } = await difsr(['analyze', RUN, '--user', 'usr-7'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/user usr-7: is none of the data set/);
    expect(stderr).toMatch(/user-7/);
  });
});
