// The first cases of the fuzz run over values; `pnpm fuzz --values` runs as many as one likes.
import { afterAll, expect, it } from 'vitest';
import { SPELLINGS } from './spellings.test.support.js';
import { valueCase, ValueRunner } from './values.test.support.js';

const CASES = 120;
/** Not the run of the documentation: what is found there is mended, and this looks elsewhere. */
const RUN = 61;

const runner = new ValueRunner();
afterAll(async () => runner.close());

it('prepares the same data set however it is written', async () => {
  const done = new Set<string>();
  let right = 0;
  for (let number = 0; number < CASES; number++) {
    const fuzz = valueCase(RUN, number);
    for (const name of fuzz.done) done.add(name);
    try {
      if ((await runner.run(fuzz)).outcome === 'right') right++;
    } catch (error) {
      throw new Error(`case ${number} of run ${RUN} (${fuzz.done.join(', ')})`, { cause: error });
    }
  }
  // Asking back is an exception, and every spelling has had its turn.
  expect(right).toBeGreaterThan(CASES * 0.9);
  expect(Object.keys(SPELLINGS).filter((name) => !done.has(name))).toEqual([]);
}, 600_000);
