// A shop with a field of every kind and of every owner: each value of its files is in the data set, in memory and on disk, under any split.
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Description } from '../description/types.js';
import { openPrepared } from '../prepared/open.js';
import {
  type Dataset,
  type Field,
  type OtherField,
  otherFieldStatistics,
  sequenceStore,
  type SequenceStore,
} from '@difsr/data';
import { analysePrepared } from './analyse.js';
import { onEngine, prepareIn, shareEngine, testFolder, writeTexts } from './prepare.test.support.js';

shareEngine();

interface Event {
  readonly user: string;
  readonly item: string;
  readonly time: number;
  readonly channel: string;
  readonly quantity: string;
  readonly tags: readonly string[];
}

const USERS = 40;
const ITEMS = 25;
const users = Array.from({ length: USERS }, (_, at) => ({
  id: `u${at}`,
  country: ['de', 'fr', 'it', ''][(at * 3) % 4] ?? '',
  age: at % 5 === 2 ? '' : String(18 + at),
}));
const items = Array.from({ length: ITEMS }, (_, at) => ({
  id: `i${at}`,
  price: at % 6 === 1 ? '' : String(at * 1.1 + 0.05),
  embedding: at % 7 === 3 ? '' : Array.from({ length: 16 }, (_number, place) => (at - place) / 8).join(' '),
}));
const events = users
  .flatMap(({ id: user }, of) =>
    Array.from({ length: 4 + (of % 6) }, (_, at): Event => {
      const mark = of * 7 + at * 3;
      return {
        user,
        item: `i${(mark * mark + at) % ITEMS}`,
        time: 1_500_000_000 + at * 86_400 + of,
        channel: ['web', 'app', '', 'shop'][mark % 4] ?? '',
        quantity: mark % 5 === 1 ? '' : String(1 + (mark % 9) / 2),
        tags: ['gift', 'sale', 'new', 'bulk'].filter((_tag, place) => (mark >> place) % 2 === 1).slice(0, 3),
      };
    }),
  )
  .toSorted((a, b) => a.time - b.time || a.user.localeCompare(b.user));

async function shop(split: Description['split']): Promise<{ dataset: Dataset; out: string }> {
  const csv = (rows: readonly object[]): string =>
    [Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row))].map((row) => row.join(',')).join('\n');
  const base = await writeTexts({
    'log.csv': csv(events.map((event) => ({ ...event, tags: event.tags.join('|') }))),
    'items.csv': csv(items),
    'users.csv': csv(users),
  });
  return prepareIn(base, {
    interactions: {
      files: 'log.csv',
      user: 'user',
      item: 'item',
      time: 'time',
      fields: {
        channel: { kind: 'categorical' },
        quantity: { kind: 'numeric' },
        tags: { kind: 'multi-categorical', separator: '|' },
      },
    },
    items: { files: 'items.csv', id: 'id', fields: { price: { kind: 'numeric' }, embedding: { kind: 'vector' } } },
    users: { files: 'users.csv', id: 'id', fields: { country: { kind: 'categorical' }, age: { kind: 'numeric' } } },
    split,
  });
}

function named({ fields }: Pick<Dataset, 'fields'>, name: string): Field {
  const field = fields.find((own) => own.name === name);
  if (field === undefined) throw new Error(`no field ${name}`);
  return field;
}

/** The values of rows in words. */
function words(field: Field, rows: number): string[][] {
  if (!('vocabulary' in field)) throw new Error(`${field.name} holds numbers`);
  const { offsets, values, vocabulary } = field;
  return Array.from({ length: rows }, (_, row) =>
    Array.from(values.subarray(offsets[row], offsets[row + 1]), (id) => vocabulary.tokens[id] ?? ''),
  );
}

/** What a cell says, as a field holds it. */
const number = (cell: string): number => (cell === '' ? Number.NaN : Math.fround(Number(cell)));
const cell = (value: string): string[] => (value === '' ? [] : [value]);

/** The values of a categorical column in words, none left out. */
async function columnWords(store: SequenceStore, name: string): Promise<string[][]> {
  const column = store.columns.find((own) => own.name === name);
  const ids = await store.readColumn(name, [0], [store.interactions]);
  const width = column?.width ?? 0;
  return Array.from({ length: store.interactions }, (_, row) =>
    Array.from(ids.subarray(row * width, (row + 1) * width), (id) => column?.vocabulary?.tokens[id] ?? '').filter(
      (word) => word !== '[PAD]',
    ),
  );
}

it.each<Description['split']>([{ method: 'leave-one-out' }, { method: 'last-n', valid: 1, test: 1 }])(
  'every value of the files is in the data set: %o',
  async (split) => {
    const { dataset, out } = await shop(split);
    const stored = await openPrepared(out, { ...onEngine(), cache: path.join(await testFolder(), 'cache') });
    try {
      const item = (id: number): (typeof items)[number] | undefined =>
        items.find((row) => row.id === dataset.items.tokens[id]);
      const user = (id: number): (typeof users)[number] | undefined =>
        users.find((row) => row.id === dataset.users.tokens[id]);
      const itemIds = Array.from(dataset.items.tokens, (_, id) => id);
      const userIds = Array.from(dataset.users.tokens, (_, id) => id);
      for (const { fields } of [dataset, stored]) {
        const price = Float32Array.from(itemIds, (id) => number(item(id)?.price ?? ''));
        expect(named({ fields }, 'price')).toEqual({ name: 'price', owner: 'item', kind: 'numeric', values: price });
        const embedding = itemIds.flatMap((id) => {
          const text = item(id)?.embedding ?? '';
          return text === '' ? Array.from({ length: 16 }, () => NaN) : text.split(' ').map(Number);
        });
        expect(named({ fields }, 'embedding')).toEqual({
          name: 'embedding',
          owner: 'item',
          kind: 'vector',
          width: 16,
          values: Float32Array.from(embedding),
        });
        expect(words(named({ fields }, 'country'), userIds.length)).toEqual(
          userIds.map((id) => cell(user(id)?.country ?? '')),
        );
        const age = Float32Array.from(userIds, (id) => number(user(id)?.age ?? ''));
        expect(named({ fields }, 'age')).toEqual({ name: 'age', owner: 'user', kind: 'numeric', values: age });
      }
      // The log in the order of the data set: by user, then by time.
      const kept = dataset.users.tokens.slice(1).flatMap((token) => events.filter((event) => event.user === token));
      expect(kept).toHaveLength(events.length);
      expect(words(named(dataset, 'channel'), kept.length)).toEqual(kept.map(({ channel }) => cell(channel)));
      expect(words(named(dataset, 'tags'), kept.length)).toEqual(kept.map(({ tags }) => tags));
      const quantity = Float32Array.from(kept, (event) => number(event.quantity));
      expect(named(dataset, 'quantity')).toMatchObject({ owner: 'interaction', kind: 'numeric', values: quantity });
      for (const store of [sequenceStore(dataset), stored.store]) {
        expect(store.columns.map(({ name, width }) => [name, width])).toEqual([
          ['channel', 1],
          ['quantity', 1],
          ['tags', 3],
          ['time', 1],
        ]);
        expect(await columnWords(store, 'channel')).toEqual(kept.map(({ channel }) => cell(channel)));
        expect(await columnWords(store, 'tags')).toEqual(kept.map(({ tags }) => tags));
        expect(await store.readColumn('quantity', [0], [kept.length])).toEqual(quantity);
        expect(await store.readColumn('time', [0], [kept.length])).toEqual(Float64Array.from(kept, ({ time }) => time));
        // What is trained on, wherever it stands, belongs to its user and has its times.
        const { begins, ends } = store.split.train;
        for (const [index, begin] of begins.entries()) {
          const trained = kept.filter((event) => event.user === dataset.users.tokens[index + 1]).slice(0, -2);
          const times = await store.readColumn('time', [begin], [(ends[index] ?? 0) - begin]);
          expect([...times]).toEqual(trained.map(({ time }) => time));
          expect(store.userOf(begin)).toBe(index);
        }
      }
    } finally {
      await stored.close();
    }
  },
);

it('is described in short, the same in memory and as a folder', async () => {
  const { dataset, out } = await shop({ method: 'leave-one-out' });
  const rounded = (fields: readonly OtherField[]): unknown => {
    const text = JSON.stringify(fields, (_key, value: unknown) =>
      typeof value === 'number' ? Number(value.toPrecision(5)) : value,
    );
    return JSON.parse(text);
  };
  const { otherFields } = await analysePrepared(out, { ...onEngine() });
  expect(otherFields.map(({ owner, name }) => `${owner} ${name}`).toSorted()).toEqual([
    'interaction channel',
    'interaction quantity',
    'interaction tags',
    'item embedding',
    'item price',
    'user age',
    'user country',
  ]);
  expect(rounded(otherFieldStatistics(dataset))).toEqual(rounded(otherFields));
});

it('numbers beyond 32-bit floats are none, and said', async () => {
  const texts = { 'log.csv': 'user,item\na,x\na,y\nb,x\n', 'items.csv': 'id,price\nx,1e300\ny,2\n' };
  const { dataset } = await prepareIn(await writeTexts(texts), {
    interactions: { files: 'log.csv', user: 'user', item: 'item' },
    items: { files: 'items.csv', id: 'id', fields: { price: { kind: 'numeric' } } },
  });
  expect(named(dataset, 'price')).toMatchObject({ values: Float32Array.of(NaN, NaN, 2) });
  expect(dataset.report).toContainEqual(
    expect.objectContaining({ what: 'numbers of field "price" that are too large', count: 1 }),
  );
});
