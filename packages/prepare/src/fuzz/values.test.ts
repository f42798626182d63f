// The first cases of the fuzz run over values; `pnpm fuzz --values` runs as many as one likes.
import { afterAll, expect, it } from 'vitest';
import { SPELLINGS } from './spellings.test.support.js';
import { type ValueCase, valueCase, ValueRunner } from './values.test.support.js';

const CASES = 120;
/** Not the run of the documentation: what is found there is mended, and this looks elsewhere. */
const RUN = 85;
/** Cases among which a spelling that those left out is looked for. */
const MOST = 2000;

const runner = new ValueRunner();
afterAll(async () => runner.close());

/** The first cases, and for every spelling that is in none of them the next one that has it. */
function cases(): ValueCase[] {
  const left = new Set(Object.keys(SPELLINGS));
  const chosen: ValueCase[] = [];
  for (let number = 0; number < MOST && (number < CASES || left.size > 0); number++) {
    const fuzz = valueCase(RUN, number);
    if (number >= CASES && !fuzz.done.some((name) => left.has(name))) continue;
    for (const name of fuzz.done) left.delete(name);
    chosen.push(fuzz);
  }
  expect([...left]).toEqual([]);
  return chosen;
}

it('prepares the same data set however it is written', async () => {
  const all = cases();
  let right = 0;
  for (const fuzz of all) {
    try {
      if ((await runner.run(fuzz)).outcome === 'right') right++;
    } catch (error) {
      throw new Error(`case ${fuzz.number} of run ${RUN} (${fuzz.done.join(', ')})`, { cause: error });
    }
  }
  // Asking back is an exception.
  expect(right).toBeGreaterThan(all.length * 0.9);
}, 600_000);
