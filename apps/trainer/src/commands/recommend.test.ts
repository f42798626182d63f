// Recommendations as users ask for them.
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, trainedShop } from '../command.test.support.js';

const RUN = 'runs/shop-dif-sr-1';
let cwd = '';

beforeAll(async () => {
  cwd = await trainedShop(RUN);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

/** JSON that one of our own commands wrote. */
const parsed = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

describe('recommend', () => {
  it('shows names, leaves seen items out, and names unknown ids', async () => {
    const { code, stdout, stderr } = await difsr(['recommend', RUN, '--history', 'item-3, item-7 itm-9', '-k', '5'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/itm-9 \(did you mean item-9\?\)/);
    expect(stdout).toMatch(/^history, oldest first\n {2}item-3 +\S.*\n {2}item-7 +\S/m);
    const rows = stdout.split('recommended by dif-sr\n')[1]?.trimEnd().split('\n') ?? [];
    expect(rows).toHaveLength(5);
    for (const row of rows) expect(row).toMatch(/^\d {2}item-\d+ +\S.* -?\d+\.\d{3}$/);
  });

  it('--json is one object; --include-seen lets seen items return', async () => {
    const every = await difsr(
      ['recommend', RUN, '--history', 'item-3 item-7', '-k', '150', '--include-seen', '--json'],
      { cwd },
    );
    const fresh = await difsr(['recommend', RUN, '--history', 'item-3 item-7', '-k', '150', '--json'], { cwd });
    const ids = (text: string): unknown[] => (parsed(text)['items'] as { id: string }[]).map(({ id }) => id); // the command's own form
    expect(ids(every.stdout)).toHaveLength(150);
    expect(new Set(ids(every.stdout)).size).toBe(150);
    expect(ids(fresh.stdout)).toHaveLength(148);
    expect(ids(fresh.stdout)).not.toContain('item-3');
  });

  it('takes a JSON list of ids, for ids with spaces and commas in them', async () => {
    const { code, stdout, stderr } = await difsr(
      ['recommend', RUN, '--history', '["item-3", "tent, 2 persons", "item-7"]', '-k', '3', '--json'],
      { cwd },
    );
    expect(code).toBe(0);
    expect(parsed(stdout)).toMatchObject({ history: ['item-3', 'item-7'], unknown: ['tent, 2 persons'] });
    expect(stderr).toContain('tent, 2 persons');
  });

  it('a history without a known item gets the popular items and says so', async () => {
    const { code, stdout, stderr } = await difsr(['recommend', RUN, '--history', 'nothing', '-k', '3'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain('most popular items');
    expect(stdout).toContain('most popular items');
  });
});
