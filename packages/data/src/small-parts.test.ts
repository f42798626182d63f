// Small pure parts: JSON, vocabularies, random streams.
import { DifsrError } from '@difsr/errors';
import { describe, expect, test } from 'vitest';
import { parseJson } from './json-text.js';
import { randomStream } from './random.js';
import { createVocabulary } from './vocabulary.js';

describe('parseJson', () => {
  test.each([
    ['[9007199254740993, -9007199254740993]', ['9007199254740993', '-9007199254740993']],
    ['[9007199254740991, 1234567890123456]', [9007199254740991, 1234567890123456]],
    [
      '{"9007199254740993": "9007199254740993 \\" 9007199254740995"}',
      { '9007199254740993': '9007199254740993 " 9007199254740995' },
    ],
    ['[0.5678901234567, 1234567890123456.5, 1e16, NaN]', [0.5678901234567, 1234567890123456.5, 1e16, null]],
    [
      '{"a":18446744073709551615,"b":[{"c":-99999999999999999999}]}',
      { a: '18446744073709551615', b: [{ c: '-99999999999999999999' }] },
    ],
  ])('%s', (text, value) => expect(parseJson(text)).toEqual(value));
});

describe('vocabularies', () => {
  test('ids and tokens are each other`s inverse; strangers and padding have no id', () => {
    const vocabulary = createVocabulary(['b', 'a', '__proto__']);
    expect(vocabulary.size).toBe(4);
    for (const [id, token] of vocabulary.tokens.entries()) expect(vocabulary.id(token)).toBe(id === 0 ? undefined : id);
    expect(vocabulary.id('constructor')).toBeUndefined();
  });

  test.each([[['a', 'a']], [['[PAD]']]])('refuses %j', (tokens) => {
    expect(() => createVocabulary(tokens)).toThrow(DifsrError);
  });
});

describe('random streams', () => {
  test('are fixed: these numbers must never change', () => {
    const random = randomStream(1, 2);
    expect([random.integer(1000), random.integer(1000), random.integer(1000)]).toMatchInlineSnapshot(`
      [
        78,
        972,
        163,
      ]
    `);
  });

  test('differ by seed and by stream', () => {
    const first = (seed: number, stream: number): number => randomStream(seed, stream).uniform();
    const numbers = Array.from({ length: 40 }, (_, seed) =>
      Array.from({ length: 40 }, (_, stream) => first(seed, stream)),
    ).flat();
    expect(new Set(numbers).size).toBe(1600);
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
  });

  test('weighted draws follow the weights and never take a zero', () => {
    const random = randomStream(3, 0);
    const counts = [0, 0, 0, 0];
    for (let draw = 0; draw < 8000; draw++) {
      const index = random.weighted([1, 0, 3, 0]);
      counts[index] = (counts[index] ?? 0) + 1;
    }
    expect(counts[1]).toBe(0);
    expect(counts[3]).toBe(0);
    expect((counts[2] ?? 0) / 8000).toBeCloseTo(0.75, 1);
  });
});
