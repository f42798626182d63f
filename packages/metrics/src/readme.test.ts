// The README's example runs and prints what its comments say.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as metrics from './index.js';

it('the example of the README prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```js\n([^]*?)```/.exec(readme)?.[1] ?? '';
  const body = code.replace(/import (\{[^}]*\}) from '@difsr\/metrics';/, 'const $1 = library;');
  const printed: string[] = [];
  const show = (value: unknown): string =>
    typeof value === 'object' ? JSON.stringify(value).replaceAll(',', ', ') : String(value);
  const log = (...values: unknown[]): void => void printed.push(values.map(show).join(' '));
  // The example is our own text; as a function it sees the source under test instead of the installed package.
  new Function('library', 'console', body)(metrics, { log });
  const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map((match) => match[1]);
  expect(promised.length).toBeGreaterThan(4);
  expect(printed).toEqual(promised);
});
