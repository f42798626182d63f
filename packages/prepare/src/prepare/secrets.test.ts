// Passwords of connections do not reach what is handed on.
import { expect, it } from 'vitest';
import { descriptionSchema } from '../description/schema.js';
import { withoutPassword, withoutSecrets } from './secrets.js';

it.each([
  ['host=db user=shop password=secret dbname=sales', 'host=db user=shop password=*** dbname=sales'],
  [String.raw`host=db PASSWORD = 'it\'s long' dbname=sales`, 'host=db PASSWORD = *** dbname=sales'],
  ["password='two words' host=db", 'password=*** host=db'],
  ['postgres://shop:secret@db:5432/sales', 'postgres://shop:***@db:5432/sales'],
  ['postgresql://shop:p@ss@db/sales', 'postgresql://shop:***@db/sales'],
  ['host=db user=shop', 'host=db user=shop'],
  ['postgres://shop@db/sales', 'postgres://shop@db/sales'],
])('%s', (connection, shown) => {
  expect(withoutPassword(connection)).toBe(shown);
});

it('leaves everything else of a description as it is', () => {
  const table = { format: 'postgres', table: 't', connection: 'host=db password=secret' } as const;
  const description = descriptionSchema.parse({
    name: 'shop',
    interactions: { ...table, user: 'u', item: 'i' },
    items: { ...table, id: 'i' },
    users: { files: 'users.csv', id: 'u' },
  });
  const hidden = { connection: 'host=db password=***' };
  expect(withoutSecrets(description)).toEqual({
    ...description,
    interactions: { ...description.interactions, ...hidden },
    items: { ...description.items, ...hidden },
  });
});
