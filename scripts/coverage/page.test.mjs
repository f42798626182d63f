// docs/coverage.md is what the generator writes, and knows every op and device there is.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { opNames } from '../../packages/graph/dist/index.js';
import { devices } from '../../packages/tfjs/dist/index.js';
import { format } from './page.mjs';

const page = readFileSync(new URL('../../docs/coverage.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| `'));

describe('docs/coverage.md (after a change: pnpm coverage)', () => {
  it('has a row for every op', () => {
    expect(rows.map((line) => /^\| `(\w+)`/.exec(line)?.[1])).toEqual([...opNames]);
  });

  it('names every device of tfjs, tried or not, and those that need no GPU and no page as tried', () => {
    for (const device of devices) expect(page).toMatch(new RegExp(`tfjs( \\| | )${device}`));
    expect(page).toMatch(/^\| op \|.*reference cpu.*onnxruntime cpu.*tfjs wasm.*tfjs cpu/m);
  });

  it('has no case that failed', () => {
    expect(rows.filter((line) => line.includes('**'))).toEqual([]);
  });
});

it('a case that fails stands out, and an untried device keeps its reason', () => {
  const text = format(
    ['add', 'rank'],
    [
      {
        backend: 'a',
        device: 'x',
        counts: { add: { forward: { passed: 3, all: 4 }, gradient: { passed: 2, all: 2 } } },
      },
      { backend: 'b', device: 'y', reason: 'no | driver' },
    ],
  );
  expect(text).toContain('| `add` | **3 of 4** · 2 · - |');
  expect(text).toContain('| `rank` | - · - · - |');
  expect(text).toContain('| b | y | no \\| driver |');
});
