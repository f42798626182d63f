// The first cases of the fuzz run; `pnpm fuzz` runs as many as one likes.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fuzzCase } from './mutate.test.support.js';
import { FuzzRunner } from './run.test.support.js';
import { fuzzSeeds, type Seed } from './seeds.test.support.js';

const CASES = 1000;
/** Not the run of the documentation: what is found there is mended, and this looks elsewhere. */
const RUN = 20_260;

let seeds: readonly Seed[];
const runner = new FuzzRunner();
beforeAll(async () => {
  seeds = await fuzzSeeds();
});
afterAll(async () => runner.close());

it('reads or refuses every damaged file, and loses no record', async () => {
  let read = 0;
  let rows = 0;
  for (let number = 0; number < CASES; number++) {
    const fuzz = fuzzCase(RUN, number, seeds);
    try {
      const result = await runner.run(fuzz);
      if (result.outcome === 'read') read++;
      rows += result.rows;
    } catch (error) {
      throw new Error(`case ${number} of run ${RUN} (${fuzz.name}: ${fuzz.done.join(', ')})`, { cause: error });
    }
  }
  // The damage is neither fatal nor harmless.
  expect(read).toBeGreaterThan(CASES / 4);
  expect(read).toBeLessThan((CASES * 3) / 4);
  expect(rows).toBeGreaterThan(CASES);
}, 600_000);

it('reads every seed without a broken record', async () => {
  for (const [index, seed] of seeds.entries()) {
    const { outcome, rows } = await runner.run({
      number: 1_000_001 + index,
      seed,
      name: seed.name,
      bytes: seed.bytes,
      done: [],
    });
    expect([seed.name, outcome, rows > 6]).toEqual([seed.name, 'read', true]);
  }
});
