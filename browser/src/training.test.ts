// A model learns in the page.
import { expect, it } from 'vitest';
import { usePage } from './page.test.support.js';

const page = usePage();

it('twenty steps lower the loss and leave no tensors behind', async () => {
  const { losses, tensors } = await page.use((actions, steps) => actions.train(steps), 20);
  expect(losses).toHaveLength(20);
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);
  expect(tensors[1]).toBe(tensors[0]);
});
