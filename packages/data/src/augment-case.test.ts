// The golden sample lists of the published loader: equal in every list, order and vocabulary.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { augmentCaseDifferences, datasetFromAugmentCase } from './augment-case.js';

const FOLDER = fileURLToPath(new URL('../../../fixtures/reference/', import.meta.url));
const CASES = readdirSync(FOLDER).filter((name) => /^augment_.*\.json$/.test(name));

type Golden = { config: Record<string, unknown>; samples: Record<string, unknown[]>; vocab: Record<string, string[]> };

function golden(name: string): Golden {
  // The file's form is checked by datasetFromAugmentCase; the type only serves the changes made here.
  return JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as Golden;
}

describe('golden cases', () => {
  test('there are three', () => expect(CASES.length).toBeGreaterThanOrEqual(3));

  test.each(CASES)('%s', (name) => {
    expect(augmentCaseDifferences(golden(name))).toEqual([]);
  });

  test('differences are found and named', () => {
    const changed = golden('augment_ties.json');
    changed.samples['train']?.reverse();
    changed.vocab['brand']?.pop();
    const found = augmentCaseDifferences(changed);
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/^samples\.train: entry 0 is \["u6",\["i14"\],"i11"\], not /);
    expect(found[1]).toBe('vocab.brand: 6 entries, not 5');
  });

  test('a bound that lets more through changes the result', () => {
    const changed = golden('augment_kcore.json');
    changed.config['item'] = '[1,inf)';
    expect(augmentCaseDifferences(changed)).not.toEqual([]);
  });

  test('half-open and closed intervals mean whole numbers', () => {
    const open = golden('augment_kcore.json');
    open.config['user'] = '(3,inf)';
    expect(augmentCaseDifferences(open)).toEqual([]);
    const closed = golden('augment_toy.json');
    closed.config['user'] = '(1,9)';
    const { offsets } = datasetFromAugmentCase(closed).dataset.sequences;
    const lengths = [...offsets.subarray(1)].map((end, index) => end - (offsets[index] ?? 0));
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([2, 5]);
  });

  test.each([
    [{ shuffle: true }, /config\.shuffle.*not known/],
    [{ order: 'RO' }, /config\.order.*only "TO" is/],
    [{ user: '5 or more' }, /config\.user.*is not an interval/],
    [{ max_len: '10' }, /config\.max_len.*is not a number/],
  ])('settings that are not supported are errors: %o', (config, message) => {
    const changed = golden('augment_toy.json');
    Object.assign(changed.config, config);
    expect(() => datasetFromAugmentCase(changed)).toThrow(message);
  });
});
