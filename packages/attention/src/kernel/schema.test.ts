// The check of configurations accepts exactly what an independent validator makes of the published JSON Schema.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromJSONSchema } from 'zod';
import { difAttentionConfigSchema, parseConfig } from './config.js';
import { conform, type SchemaProblem } from './schema.js';

const published = readFileSync(new URL('../../config.schema.json', import.meta.url), 'utf8');
const validator = fromJSONSchema(JSON.parse(published));

const anything = fc.oneof(
  fc.integer({ min: -2, max: 64 }),
  fc.double(),
  fc.boolean(),
  fc.constantFrom('sum', 'gate', 'causal-safe', 'tfjs', 'float16', 'auto', 'cpu', 'max', ''),
  fc.constant(null),
  fc.array(fc.anything(), { maxLength: 2 }),
);
const sides = fc.array(
  fc.record({ name: fc.oneof(fc.constantFrom('genre', 'a-b'), fc.string()), width: fc.integer({ min: -1, max: 16 }) }),
  { maxLength: 3 },
);
const sizes = fc.integer({ min: 1, max: 8 });
const valid = fc.record(
  {
    width: sizes,
    heads: sizes,
    maxLength: sizes,
    sides: fc.oneof({ weight: 3, arbitrary: sides }, { weight: 1, arbitrary: anything }),
    position: sizes,
    fusion: fc.constantFrom('sum', 'concat', 'gate'),
    causal: fc.boolean(),
    seed: fc.nat(),
  },
  { requiredKeys: ['width', 'heads', 'maxLength'] },
);
const keys = [...Object.keys(difAttentionConfigSchema.properties), 'side'];
/** Valid ones, most of them with one property replaced by something. */
const config = fc
  .tuple(valid, fc.option(fc.tuple(fc.constantFrom(...keys), anything)))
  .map(([base, change]) => (change === null ? base : { ...base, [change[0]]: change[1] }));

const problemsOf = (value: unknown): SchemaProblem[] => {
  const problems: SchemaProblem[] = [];
  conform(difAttentionConfigSchema, value, problems);
  return problems;
};

describe('the check of configurations', () => {
  it('accepts what an independent validator accepts, and nothing else', () => {
    let accepted = 0;
    fc.assert(
      fc.property(config, (value) => {
        const fits = problemsOf(value).length === 0;
        if (fits) accepted++;
        expect(fits).toBe(validator.safeParse(value).success);
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(100);
    expect(accepted).toBeLessThan(1800);
  });

  it.each([
    [
      { width: 8, heads: 2, maxLength: 5, sides: [{ name: 'genre', width: 0 }] },
      'sides.0.width: must be above 0, got 0',
    ],
    [{ width: 8, heads: 2, maxLength: 5, sides: [{ name: '1st', width: 4 }] }, 'sides.0.name: must match'],
    [{ width: 8, heads: 2, maxLength: 5, causal: 'yes' }, 'causal: must be true or false, got "yes"'],
    [{ width: 8, heads: 2, maxLength: 5, sides: {} }, 'sides: must be a list, got {}'],
    [{ width: 8, heads: 2, maxLength: 5, seed: -1 }, 'seed: must be at least 0, got -1'],
    [null, 'the config: must be an object, got null'],
  ])('says what is wrong with %j', (value, message) => {
    expect(() => parseConfig(value)).toThrow(message);
  });

  it('fills in defaults, and takes undefined for left out', () => {
    expect(parseConfig({ width: 8, heads: 2, maxLength: 5, fusion: undefined })).toEqual({
      width: 8,
      heads: 2,
      maxLength: 5,
      sides: [],
      fusion: 'sum',
      form: 'causal-safe',
      causal: true,
      backend: 'onnxruntime',
      precision: 'float32',
      kernel: 'auto',
      seed: 1,
    });
  });
});
