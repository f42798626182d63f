// A model that the command line trained recommends in the page what it recommends in Node.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { usePage } from './page.test.support.js';

const page = usePage();

it.each(['tfjs', 'onnxruntime'] as const)('the run folder on %s: the same ten items', async (backend) => {
  for (const { history, items } of page.site.run.answers) {
    const found = await page.use((actions, given) => actions.recommend(given.backend, given.history), {
      backend,
      history,
    });
    expect(found.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
    found.forEach(({ score }, i) => expect(score).toBeCloseTo(items[i]?.score ?? Number.NaN, 4));
  }
});

it('the exported model: the same items, but for those that were seen', async () => {
  const { folder, answers } = page.site.run;
  const tokens: string[] = JSON.parse(readFileSync(join(folder, 'vocabulary.json'), 'utf8')).items;
  for (const { history, items } of answers) {
    const recent = history.slice(-10).map((id) => tokens.indexOf(id)); // the model's longest sequence
    const found = (await page.use((actions, items) => actions.exportedTop(items), recent)).map((id) => tokens[id]);
    const unseen = found.filter((id) => !history.includes(id ?? ''));
    expect(unseen).toEqual(items.slice(0, unseen.length).map(({ id }) => id));
    expect(unseen.length).toBeGreaterThan(0);
  }
});
