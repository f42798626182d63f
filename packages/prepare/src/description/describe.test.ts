import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe as suite, expect, it } from 'vitest';
import type { Findings } from '../inspect/findings.js';
import { describe, writeDescription } from './describe.js';
import { parseDescription } from './read.js';
import { descriptionSchema } from './schema.js';
import { DUPLICATE_POLICIES, FIELD_KINDS, SOURCE_FORMATS, type DescriptionInput } from './types.js';

/** Text that YAML could take for something else. */
const text = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.constantFrom(
    'yes',
    'null',
    '~',
    '1',
    '1.0',
    '2019-01-01',
    ': ',
    '# no',
    '- a',
    '{',
    '"',
    "'",
    '|',
    '\t',
    ' ',
    'a\nb',
    '*x',
    '!t',
    '%d',
  ),
);
const column = fc.oneof(text, fc.record({ sql: text }));
const optional = { requiredKeys: [] as [] };
const fields = fc.dictionary(
  text.filter((name) => name !== '__proto__'),
  fc.record(
    {
      kind: fc.constantFrom(...FIELD_KINDS),
      column,
      separator: text,
      names: fc.boolean(),
      drop: fc.array(text, { maxLength: 3 }),
      minItems: fc.integer({ min: 1, max: 9 }),
      html: fc.constantFrom('keep' as const, 'decode' as const),
      bins: fc.integer({ min: 2, max: 9 }),
    },
    { requiredKeys: ['kind'] },
  ),
  { maxKeys: 3 },
);
const source = {
  files: fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
  format: fc.constantFrom(...SOURCE_FORMATS),
  delimiter: text,
  quote: fc.constantFrom('', '"', "'"),
  header: fc.oneof(fc.boolean(), fc.array(text, { minLength: 1, maxLength: 3 })),
};
const share = fc.double({ min: 0.01, max: 0.9, noNaN: true });
const split = fc.oneof(
  fc.constant({ method: 'leave-one-out' as const }),
  fc.record({ method: fc.constant('last-n' as const), valid: fc.integer({ min: 1, max: 5 }), test: fc.constant(1) }),
  fc.record({ method: fc.constant('global-time' as const), valid: fc.oneof(share, text), test: share }),
  fc.record({ method: fc.constant('cold-items' as const), valid: share, test: share, seed: fc.integer() }),
);
const input: fc.Arbitrary<DescriptionInput> = fc.record(
  {
    name: fc.stringMatching(/^[\w.-]{1,8}$/),
    about: fc.record({ title: text, licence: text }, optional),
    manual: text,
    interactions: fc.record(
      {
        ...source,
        user: column,
        item: column,
        time: fc.oneof(column, fc.record({ column, format: text, zone: text }, { requiredKeys: ['column'] })),
        fields,
      },
      { requiredKeys: ['user', 'item'] },
    ),
    items: fc.record({ ...source, id: column, name: column, fields }, { requiredKeys: ['id'] }),
    users: fc.record({ ...source, id: column, fields }, { requiredKeys: ['id'] }),
    sessions: fc.record({ gap: fc.constantFrom('30m', '1d') }),
    filters: fc.record(
      {
        interactions: text,
        timeFrom: fc.oneof(fc.integer(), text),
        duplicates: fc.constantFrom(...DUPLICATE_POLICIES),
        userMin: fc.integer({ min: 1, max: 9 }),
      },
      optional,
    ),
    split,
  },
  { requiredKeys: ['name', 'interactions'] },
);
const findings: fc.Arbitrary<Findings> = fc.record({
  columns: fc.array(
    fc.record({
      source: fc.constantFrom('interactions' as const, 'items' as const),
      column: text,
      role: fc.constantFrom('user' as const, 'time' as const, 'id' as const, 'unused' as const),
      why: text,
      examples: fc.array(text, { maxLength: 2 }),
    }),
    { maxLength: 5 },
  ),
  report: fc.array(fc.record({ kind: fc.constant('noted' as const), what: text, count: fc.nat(), why: text }), {
    maxLength: 2,
  }),
});

suite('a written description', () => {
  it('reads back as it was, whatever its texts and comments hold', () => {
    fc.assert(
      fc.property(input, findings, (given, found) => {
        const description = descriptionSchema.parse(given);
        const back = parseDescription(describe(description, found), 'x.yaml');
        expect(JSON.parse(JSON.stringify(back))).toEqual(JSON.parse(JSON.stringify(description)));
      }),
      { numRuns: 200 },
    );
  });

  it('shows every filter and every split, those that are not used as comments', () => {
    const text = describe(
      descriptionSchema.parse({
        name: 'shop',
        interactions: { files: 'clicks.csv', user: 'user', item: 'item' },
        filters: { userMin: 5 },
      }),
    );
    expect(text).toMatch(/^ {2}userMin: 5 #/m);
    expect(text).toMatch(/^ {2}# itemMin: 5 #/m);
    expect(text).toMatch(/^split: \{ ?method: leave-one-out ?\} #/m);
    for (const method of ['last-n', 'ratio', 'global-time', 'user-hold-out', 'cold-items'])
      expect(text).toContain(`# split: {method: ${method}`);
    // What is commented out can be used as it stands.
    const opened = text
      .replace(/^split: /m, '# ')
      .replace('# split: {method: last-n', 'split: {method: last-n')
      .replaceAll(/^ {2}# (?=\w+: )/gm, '  ')
      .replace(/^ {2}(format: strptime|unit: s).*$/gm, '')
      .replace(/^ {2}time: .*$/m, '');
    expect(parseDescription(opened, 'x.yaml').split).toEqual({ method: 'last-n', valid: 1, test: 3 });
    expect(parseDescription(opened, 'x.yaml').filters.itemMax).toBe(100000);
  });

  it('is written whole, and over an old one', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'difsr-describe-'));
    try {
      const file = path.join(folder, 'shop.yaml');
      const description = descriptionSchema.parse({ name: 'shop', interactions: { files: 'a', user: 'u', item: 'i' } });
      await writeDescription(file, description);
      await writeDescription(file, { ...description, name: 'other' });
      expect(parseDescription(await readFile(file, 'utf8'), file).name).toBe('other');
      expect(await readdir(folder)).toEqual(['shop.yaml']);
      await expect(writeDescription(path.join(folder, 'no/x.yaml'), description)).rejects.toThrow(/cannot be written/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
