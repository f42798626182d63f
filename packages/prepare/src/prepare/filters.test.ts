// Filters one by one, on logs small enough to see what must happen; the property test runs them together.
import { describe, expect, it } from 'vitest';
import { DataError } from '@difsr/data';
import {
  type Described,
  histories,
  type Prepared,
  prepareTexts,
  shareEngine,
  written,
} from './prepare.test.support.js';

shareEngine();

const LOG = {
  files: 'log.csv',
  user: 'user',
  item: 'item',
  time: 'time',
  fields: { rating: { kind: 'numeric' } },
} as const;

function log(...rows: readonly string[]): Record<string, string> {
  return { 'log.csv': ['user,item,time,rating', ...rows].join('\n') };
}

async function filter(
  texts: Readonly<Record<string, string>>,
  filters: Described['filters'],
  more: Partial<Described> = {},
): Promise<Prepared> {
  return prepareTexts(texts, { interactions: LOG, filters, ...more });
}

/** Ratings of what is left: they tell the rows apart. */
async function ratings({ out }: Prepared): Promise<unknown[]> {
  return (await written(out, 'rating')).flat();
}

describe('duplicates', () => {
  const rows = log('u,a,3,1', 'u,b,1,2', 'u,a,3,3', 'u,a,1,4', 'v,a,3,5', 'u,a,1,6');

  it.each([
    ['keep', [2, 4, 6, 1, 3, 5]],
    ['exact', [2, 4, 1, 5]],
    ['first', [2, 4, 5]],
    ['last', [2, 3, 5]],
  ] as const)('%s: the order of the file decides between equal times', async (duplicates, left) => {
    const prepared = await filter(rows, { duplicates });
    expect(await ratings(prepared)).toEqual(left);
    const dropped = prepared.manifest.steps.find(({ step }) => step === 'duplicates')?.dropped;
    expect(dropped).toBe(duplicates === 'keep' ? undefined : 6 - left.length);
  });

  it('goes by the order of the file alone where there are no times', async () => {
    const interactions = { ...LOG, time: undefined };
    expect(await ratings(await filter(rows, { duplicates: 'first' }, { interactions }))).toEqual([1, 2, 5]);
    expect(await ratings(await filter(rows, { duplicates: 'last' }, { interactions }))).toEqual([2, 6, 5]);
    expect(await ratings(await filter(rows, { duplicates: 'exact' }, { interactions }))).toEqual([1, 2, 5]);
  });
});

describe('minimum counts', () => {
  it('are applied again and again until nothing changes', async () => {
    // A chain: without i5, u5 has one left; without u5, i4 has one; and so on, down to the square of u1, u2 and i1, i2.
    const chain = log(
      ...['u1,i1', 'u1,i2', 'u2,i1', 'u2,i2', 'u2,i3', 'u3,i3', 'u3,i4', 'u4,i4', 'u4,i5'].map((row) => `${row},0,0`),
    );
    const { dataset, manifest } = await filter(chain, { userMin: 2, itemMin: 2 });
    expect(histories(dataset)).toEqual({ u1: ['i1', 'i2'], u2: ['i1', 'i2'] });
    expect(manifest.steps.at(-1)).toMatchObject({ step: 'counts', dropped: 5, left: 4 });
    expect(manifest.steps.at(-1)?.why).toContain('nothing changed after 5 rounds');
  });

  it('an empty result says which step took how many', async () => {
    const rows = log('u,a,1,5', 'u,b,2,5', 'v,a,3,1', 'v,b,9,5');
    const failure = filter(rows, { interactions: 'rating > 1', timeTo: 8, userMin: 3 });
    await expect(failure).rejects.toThrow(DataError);
    await expect(failure).rejects.toThrow(
      /log\.csv: nothing is left of 4 interactions: interactions took 1 \(only rating > 1\); times took 1 \(times from any to 8\); counts took 2 \(only users with 3 or more[^]*cure: loosen filters\.interactions, or move filters\.timeTo on \(8\), or lower filters\.userMin, which is 3$/,
    );
  });
});

describe('the range of times', () => {
  const rows = log('u,a,10,1', 'u,b,20,2', 'u,c,30,3');

  it('has both its ends', async () => {
    expect(await ratings(await filter(rows, { timeFrom: 20, timeTo: 30 }))).toEqual([2, 3]);
    expect(await ratings(await filter(rows, { timeFrom: 20.5 }))).toEqual([3]);
  });

  it('is given in the unit of the column, or as ISO 8601 whatever that is', async () => {
    const milliseconds = log('u,a,1546264800000,1', 'u,b,1577714400000,2', 'u,c,1577714400001,3');
    const both = { timeFrom: 1546264800000, timeTo: 1577714400000 };
    expect(await ratings(await filter(milliseconds, both))).toEqual([1, 2]);
    const iso = { timeFrom: '2018-12-31T14:00:00Z', timeTo: '2019-12-30T14:00:00' };
    expect(await ratings(await filter(milliseconds, iso))).toEqual([1, 2]);
  });

  it('needs times, and a bound that is one', async () => {
    await expect(filter(rows, { timeFrom: 1 }, { interactions: { ...LOG, time: undefined } })).rejects.toThrow(
      /"filters\.timeFrom": needs a time column/,
    );
    await expect(filter(rows, { timeTo: 'yesterday' })).rejects.toThrow(/"timeTo": "yesterday" is not a time/);
  });
});

describe('sessions', () => {
  const SECONDS = { ...LOG, time: { column: 'time', unit: 's' } } as const;
  const rows = log('u,a,0,1', 'v,x,5,2', 'u,b,1800,3', 'u,c,3601,4', 'u,d,9999,5', 'v,y,6,6');

  it('end after a longer pause, and are sequences of their own, in the order of the log', async () => {
    const { dataset, manifest } = await filter(rows, {}, { sessions: { gap: '30m' }, interactions: SECONDS });
    expect(Object.entries(histories(dataset))).toEqual([
      ['u', ['a', 'b']],
      ['v', ['x', 'y']],
      ['u#2', ['c']],
      ['u#3', ['d']],
    ]);
    expect(manifest.report).toContainEqual(expect.objectContaining({ what: 'sessions', count: 4 }));
  });

  it('are what minimum counts count', async () => {
    const { dataset } = await filter(rows, { userMin: 2 }, { sessions: { gap: '30m' }, interactions: SECONDS });
    expect(Object.keys(histories(dataset))).toEqual(['u', 'v']);
  });

  it('are never taken for a user who is called like one', async () => {
    const clash = log('u,a,0,1', 'u#2,b,0,2', 'u,c,9999,3', 'u##2,d,0,4');
    const { dataset } = await filter(clash, {}, { sessions: { gap: '1h' }, interactions: SECONDS });
    expect(histories(dataset)).toEqual({ u: ['a'], 'u#2': ['b'], 'u##2': ['d'], 'u###2': ['c'] });
  });

  it('need moments: numbers that are an order alone have no pauses', async () => {
    await expect(filter(rows, {}, { sessions: { gap: '30m' } })).rejects.toThrow(
      /"sessions\.gap": "30m" is a duration, but column "time" holds numbers from 0 to 9999, which are an order alone \(they have the size of no time since 1970\)\n\s+cure: say what the numbers count, with interactions\.time\.unit: s/,
    );
    const stated = { ...LOG, time: { column: 'time', unit: 'order' } } as const;
    await expect(filter(rows, {}, { sessions: { gap: '30m' }, interactions: stated })).rejects.toThrow(
      /unit: order is stated/,
    );
  });

  it('keep the attributes of their user', async () => {
    const prepared = await filter(
      { ...rows, 'people.csv': 'id,city\nu,Rome\nv,Oslo' },
      {},
      {
        sessions: { gap: '30m' },
        interactions: SECONDS,
        users: { files: 'people.csv', id: 'id', fields: { city: { kind: 'categorical' } } },
      },
    );
    expect(await written(prepared.out, 'users.token', 'users.city')).toEqual([
      ['u', 1],
      ['u', 1],
      ['v', 2],
      ['v', 2],
      ['u#2', 1],
      ['u#3', 1],
    ]);
  });
});

describe('conditions', () => {
  const texts = {
    ...log('u,a,0,1', 'v,b,86400,2', 'w,c,172800,', 'u,b,0,4'),
    'items.csv': 'id,name,price\na,Anna,10\nb,Bea,20\nz,Zoe,30',
    'people.csv': 'id,age\nu,20\nv,40',
  };
  const tables: Partial<Described> = {
    items: { files: 'items.csv', id: 'id', name: 'name', fields: { price: { kind: 'numeric' } } },
    users: { files: 'people.csv', id: 'id', fields: { age: { kind: 'numeric' } } },
  };

  it('see user, item, time and the fields of interactions', async () => {
    const condition = `rating >= 2 AND "user" <> 'u' OR "time" = TIMESTAMP '1970-01-03' -- a comment`;
    const { dataset, manifest } = await filter(texts, { interactions: condition });
    expect(histories(dataset)).toEqual({ v: ['b'], w: ['c'] });
    expect(manifest.steps[1]).toMatchObject({ step: 'interactions', dropped: 2, left: 2 });
  });

  it('on items take those without a row, and no item stays that does not meet them', async () => {
    const { dataset } = await filter(texts, { items: `price >= 20 AND name <> 'Zoe'` }, tables);
    expect(histories(dataset)).toEqual({ v: ['b'], u: ['b'] });
    expect(dataset.items.tokens.slice(1)).toEqual(['b']);
  });

  it('on users take those without a row', async () => {
    expect(histories((await filter(texts, { users: 'age < 30' }, tables)).dataset)).toEqual({ u: ['a', 'b'] });
  });

  it('that fail name themselves and the columns they may use', async () => {
    await expect(filter(texts, { interactions: 'ratng > 2' })).rejects.toThrow(
      /column "filters\.interactions": "ratng > 2" cannot be used: .*ratng.*; it may use user, item, time, seconds, rating/,
    );
    await expect(filter(texts, { items: 'id +' }, tables)).rejects.toThrow(
      /column "filters\.items": "id \+" cannot be used: .*; it may use id, name, price/,
    );
    await expect(filter(texts, { users: 'CAST(id AS INTEGER) > 1' }, tables)).rejects.toThrow(
      /"filters\.users".*cannot be used: Conversion Error.*; it may use id, age/,
    );
    await expect(filter(texts, { users: 'true' })).rejects.toThrow(/"filters\.users": the description has no users/);
  });

  it('cannot run a second statement', async () => {
    for (const interactions of ['true); DROP TABLE log; SELECT (true', 'true); SELECT 1; SELECT (1']) {
      await expect(filter(texts, { interactions })).rejects.toThrow(/cannot be used: it is not one expression but \d/);
    }
    await expect(filter(texts, { interactions: "true); COPY log TO 'x.csv'; --" })).rejects.toThrow(
      /cannot be used: Parser Error/,
    );
    await expect(filter(texts, { interactions: 'true; SELECT 1' })).rejects.toThrow(/cannot be used: Parser Error/);
  });
});
