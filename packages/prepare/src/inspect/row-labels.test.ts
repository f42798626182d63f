// The index that data frames write in front has no name and labels the rows: it is nobody's id, no time and no attribute.
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { histories, onEngine, prepareIn, shareEngine, valuesOf, writeTexts } from '../prepare/prepare.test.support.js';
import { inspectFiles } from './inspect.js';

shareEngine();

/** Ids that are whole numbers, so that an index could be taken for them. */
const ROWS = Array.from(
  { length: 60 },
  (_, row) => [row % 9, 40 + ((row * 7) % 11), 1_700_000_000 + row * 60] as const,
);
const LOG = (index: (row: number) => string, header = ',user,item,time'): string =>
  [header, ...ROWS.map(([user, item, time], row) => `${index(row)},${user},${item},${time}`)].join('\n');
const inspect = async (texts: Record<string, string>): ReturnType<typeof run> => run(await writeTexts(texts), texts);

async function run(base: string, texts: Readonly<Record<string, string>>) {
  const file = (name: string): string | undefined => (name in texts ? path.join(base, name) : undefined);
  const logs = Object.keys(texts).filter((name) => name.startsWith('log'));
  const inspection = await inspectFiles(
    {
      interactions: logs.map((name) => path.join(base, name)),
      items: file('items.csv'),
      users: file('users.csv'),
      name: 'test',
    },
    { base, ...onEngine() },
  );
  const { interactions, items, users } = inspection.description;
  const { dataset } = await prepareIn(base, { interactions, items, users });
  return { ...inspection, dataset };
}

const plain = async (): Promise<Record<string, string[]>> => {
  const text = ['user,item,time', ...ROWS.map((row) => row.join(','))].join('\n');
  return histories((await inspect({ 'log.csv': text })).dataset);
};

describe('a column without a name', () => {
  it.each<[string, (row: number) => string, string | undefined]>([
    ['counts from 0', String, undefined],
    ['counts from 1', (row) => String(row + 1), undefined],
    ['counts on', (row) => String(row + 5000), undefined],
    ['labels rows of a larger table', (row) => String(row * 3 + (row % 2)), undefined],
    ['labels shuffled rows', (row) => String((row * 37) % 60), undefined],
    ['is called as pandas calls it', String, 'Unnamed: 0,user,item,time'],
  ])('that %s is not used', async (_, index, header) => {
    const { description, findings, dataset } = await inspect({ 'log.csv': LOG(index, header) });
    expect(description.interactions).toMatchObject({ user: 'user', item: 'item', time: { column: 'time' } });
    expect(description.interactions.fields).toBeUndefined();
    expect(findings.columns.find(({ role }) => role === 'unused')?.why).toMatch(/^it has no name and (counts|another)/);
    expect(histories(dataset)).toEqual(await plain());
  });

  it('is not used where each of several files counts anew', async () => {
    const lines = LOG(String).split('\n');
    const { findings } = await inspect({
      'log1.csv': lines.slice(0, 31).join('\n'),
      'log2.csv': [lines[0], ...lines.slice(1, 31)].join('\n'),
    });
    expect(findings.columns.find(({ role }) => role === 'unused')?.why).toBe('it has no name and counts the rows');
  });

  it('is neither the id nor an attribute of items and users, though its numbers are those of ids', async () => {
    const { description, dataset } = await inspect({
      'log.csv': LOG(String),
      'items.csv': [',sku,brand', ...Array.from({ length: 11 }, (_, n) => `${n + 41},${40 + n},b${n % 3}`)].join('\n'),
      'users.csv': [',who,city', ...Array.from({ length: 9 }, (_, n) => `${8 - n},${n},c${n % 2}`)].join('\n'),
    });
    expect(description.items).toMatchObject({ id: 'sku', fields: { brand: { kind: 'categorical' } } });
    expect(Object.keys(description.items?.fields ?? {})).toEqual(['brand']);
    expect(valuesOf(dataset, 'brand')).toMatchObject({ 40: ['b0'], 41: ['b1'], 50: ['b1'] });
    expect(Object.keys(description.users?.fields ?? {})).toEqual(['city']);
  });

  it('is an attribute like others where it holds something', async () => {
    const { description } = await inspect({
      'log.csv': LOG((row) => ['red', 'blue'][row % 2]!),
    });
    expect(Object.keys(description.interactions.fields ?? {})).toEqual(['column1']);
  });
});
