// What is said of the inputs beside items is what they are: whoever feeds the file has nothing else to go by.
import { idsOfTimes, instantiate, sasrecf, type FieldSchema } from '@difsr/models';
import { expect, it } from 'vitest';
import { valueInputs } from './values.js';

const of = (name: string, values: number): FieldSchema => ({
  name,
  owner: 'interaction',
  kind: 'categorical',
  values,
  maxValues: 1,
});
const at = (text: string): number => Date.parse(text) / 1000;

it('ids of times are told, as no vocabulary has them', () => {
  const fields = [of('channel', 3), of('time.weekday', 8), of('time.hour', 25)];
  const model = instantiate(sasrecf, { fields: fields.map(({ name }) => name) }, { items: 5, fields });
  expect(valueInputs(model).map(({ input, form }) => [input, form])).toEqual([
    ['event.channel', 'int32 [batch, length], value ids, 0 = none'],
    ['event.time.weekday', 'int32 [batch, length], 1 = Monday .. 7 = Sunday, UTC; 0 = none'],
    ['event.time.hour', 'int32 [batch, length], 1 = 00:00 to 00:59 UTC .. 24 = 23:00 to 23:59 UTC; 0 = none'],
  ]);
  // 2024-01-01 was a Monday.
  const days = [at('2024-01-01T00:00:00Z'), at('2024-01-07T23:59:59Z'), Number.NaN];
  expect([...idsOfTimes('time.weekday', days)]).toEqual([1, 7, 0]);
  const hours = [at('2024-05-05T00:59:59Z'), at('2024-05-05T23:00:00Z'), Number.NaN];
  expect([...idsOfTimes('time.hour', hours)]).toEqual([1, 24, 0]);
});
