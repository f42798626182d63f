// How many items: of a small catalogue, of a history that leaves few, and numbers that are none.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, type Ended, freshFolder, TINY_MODEL } from '../command.test.support.js';

let cwd = '';
let trained: Ended;
const ITEMS = Array.from({ length: 12 }, (_, item) => `i${item}`);

beforeAll(async () => {
  cwd = await freshFolder();
  const rows = Array.from({ length: 30 }, (_, user) =>
    Array.from(
      { length: 6 },
      (_each, at) => `u${user},i${(user * 5 + at * 7) % 12},${1_700_000_000 + user * 100 + at}`,
    ),
  );
  await writeFile(join(cwd, 'small.csv'), `${['user,item,time', ...rows.flat()].join('\n')}\n`);
  const args = ['train', '--data', 'small.csv', '--model', 'sasrec', '--epochs', '1', '--out', 'run', ...TINY_MODEL];
  trained = await difsr(args, { cwd });
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const recommend = (history: string, ...more: string[]): Promise<Ended> =>
  difsr(['recommend', 'run', '--history', history, '--json', ...more], { cwd });
const itemsOf = ({ stdout }: Ended): number => (JSON.parse(stdout) as { items: unknown[] }).items.length; // the command's own form

describe('-k', () => {
  it.each(['0', 'NaN', '-3', '2.5', 'abc', '', '1e1', '99999999999999999999'])('%s is refused', async (k) => {
    for (const args of [
      ['recommend', 'run', '--history', 'i1', '-k', k],
      ['export', 'run', '--onnx', '-k', k],
    ]) {
      const { code, stdout, stderr } = await difsr(args, { cwd });
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/'-k <n>' argument '.*' is invalid\. A whole number of at least 1.*\n {2}cure: .*-k 10/);
    }
  });

  it('larger than the catalogue is refused where it was asked for, and all items where it was not', async () => {
    for (const args of [
      ['recommend', 'run', '--history', 'i1'],
      ['export', 'run', '--onnx'],
    ]) {
      const { code, stderr } = await difsr([...args, '-k', '13'], { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain('-k 13: run knows 12 items\n  cure: choose -k from 1 to 12');
    }
    const all = await recommend('i1', '--include-seen');
    expect([all.code, all.stderr, itemsOf(all)]).toEqual([0, '', 12]);
    const { code, stdout } = await difsr(['export', 'run', '--onnx', '--json'], { cwd });
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ k: 12 })]);
  });

  it('more than the history leaves: said', async () => {
    const few = await recommend('i1 i2 i3', '-k', '10');
    expect([few.code, itemsOf(few)]).toEqual([0, 9]);
    expect(few.stderr).toBe(
      'warning: only 9 items instead of 10 are left to recommend: the others are in the history; --include-seen recommends them again\n',
    );
    const none = await recommend(ITEMS.join(' '));
    expect([none.code, itemsOf(none)]).toEqual([0, 0]);
    expect(none.stderr).toContain('nothing is left to recommend');
    expect(itemsOf(await recommend(ITEMS.join(','), '--include-seen', '-k', '3'))).toBe(3);
  });
});

describe('histories without a known item', () => {
  it.each([
    ['', /the history is empty: these are the most popular items/],
    [' , ', /the history is empty: these are the most popular items/],
    ['[]', /the history is empty: these are the most popular items/],
    ['x y', /2 ids are not among the run's items and ignored: x, y\n.*no known item: these are the most popular/],
    ['[1, 2]', /2 ids are not among the run's items and ignored: 1, 2\n.*no known item: these are the most popular/],
  ])('"%s" gives popular items, and says so', async (history, words) => {
    const found = await recommend(history, '-k', '3');
    expect([found.code, itemsOf(found)]).toEqual([0, 3]);
    expect(found.stderr).toMatch(words);
  });
});

it('cut-offs that are not below the number of items are said', async () => {
  const words = 'there are 12 items: the first 20 are all of them, so that recall there says nothing (evaluation.ks)';
  expect(trained.stderr).toContain(words);
  expect((await difsr(['evaluate', 'run'], { cwd })).stderr).toContain(words);
});
