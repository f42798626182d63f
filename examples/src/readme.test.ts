// The change of each example is small, and the READMEs show it as it is.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { changeOf, EXAMPLES } from './shared/diff.js';
import { READMES, updated } from './update-readmes.js';

it.each(EXAMPLES)('%s takes side information in fewer than 25 changed lines', (example) => {
  const { diff, lines } = changeOf(example);
  const counted = diff.split('\n').filter((line) => /^[+-]/.test(line)).length;
  expect(lines).toBe(counted);
  expect(lines).toBeGreaterThan(5);
  expect(lines).toBeLessThan(25);
});

it.each(READMES)('%s is up to date: else run `node examples/dist/update-readmes.js`', (file) => {
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('<!-- generated: ');
  expect(updated(text)).toBe(text);
});
