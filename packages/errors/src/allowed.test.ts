// What a schema allows, in words.
import { expect, it } from 'vitest';
import { allowed, choicesOf, keysOf, type SchemaNode } from './allowed.js';

it.each<[SchemaNode, string]>([
  [{ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }, 'a whole number of at least 1'],
  [{ type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: 5 }, 'a whole number of at most 5'],
  [{ type: 'number', minimum: 0, maximum: 1 }, 'a number from 0 to 1'],
  [{ type: 'number', exclusiveMinimum: 0 }, 'a number above 0'],
  [{ type: 'number', exclusiveMinimum: 0, maximum: 1 }, 'a number above 0 and at most 1'],
  [{ type: 'number', minimum: 0, exclusiveMaximum: 1 }, 'a number of at least 0 and below 1'],
  [{ type: 'number' }, 'a number'],
  [{ type: 'boolean' }, 'true or false'],
  [{ type: 'string' }, 'text'],
  [{ const: 'adam' }, '"adam"'],
  [{ enum: ['adam', 'sgd'] }, 'one of adam, sgd'],
  [{ anyOf: [{ const: 'on' }, { const: 'off' }, { type: 'boolean' }] }, 'one of on, off, or true or false'],
  [{ anyOf: [{ enum: ['a', 'b'] }, { oneOf: [{ const: 'b' }, { type: 'null' }] }] }, 'one of a, b, or null'],
  [{ type: 'array', items: { type: 'integer', minimum: 1 } }, 'a list of whole numbers of at least 1'],
  [{ type: 'array', items: { type: 'string' } }, 'a list of names'],
  [{ type: 'array' }, 'a list'],
  [{ type: 'object', additionalProperties: { type: 'number' } }, 'keys with numbers'],
  [{ type: 'object', additionalProperties: true }, 'keys with values'],
  [{ type: 'object', properties: { kind: { const: 'step' }, every: { type: 'integer' } } }, '{kind: step, every: ..}'],
  [{}, 'a value'],
])('%j: %s', (node, words) => expect(allowed(node)).toBe(words));

it('keys and choices are those of all alternatives', () => {
  const node: SchemaNode = {
    anyOf: [{ properties: { kind: { const: 'a' } } }, { properties: { kind: { const: 'b' }, rate: {} } }],
  };
  expect(keysOf(node)).toEqual(['kind', 'rate']);
  expect(choicesOf([{ enum: ['a'] }, { anyOf: [{ const: 'b' }] }])).toEqual(['a', 'b']);
});
