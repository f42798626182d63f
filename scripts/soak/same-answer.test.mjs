// What `pnpm soak` takes for the same answer, and what not.
import { expect, it } from 'vitest';
import { difference } from './same-answer.mjs';

/** @param {readonly (readonly [string, number])[]} pairs */
const scored = (...pairs) => pairs.map(([id, score]) => ({ id, score }));
const alone = scored(['a', 3], ['b', 2], ['c', 1], ['d', 1]);

it.each([
  ['the same', alone],
  ['rounded', scored(['a', 3.00001], ['b', 1.99999], ['c', 1], ['d', 0.999999])],
  ['equal scores change places', scored(['a', 3], ['b', 2], ['d', 1], ['c', 1])],
  ['another one is cut off of equal scores', scored(['a', 3], ['b', 2], ['c', 1], ['e', 1])],
])('%s', (_, together) => expect(difference(together, alone, 1)).toBeUndefined());

it('scores near 0 are rounded as what they are sums of', () => {
  const [here, there] = [scored(['a', 0.5], ['b', 1e-7]), scored(['a', 0.5], ['b', 1.1e-7])];
  expect(difference(here, there, 1)).toBeUndefined();
  expect(difference(here, there, 1e-4)).toBe('place 1: b (1e-7) together, b (1.1e-7) alone');
});

it.each([
  ['fewer items', scored(['a', 3], ['b', 2], ['c', 1]), '3 items together, 4 alone'],
  ['other scores', scored(['a', 3], ['b', 2.1], ['c', 1], ['d', 1]), 'place 1: b (2.1) together, b (2) alone'],
  ['no number', scored(['a', Number.NaN], ['b', 2], ['c', 1], ['d', 1]), 'place 0: a (NaN) together, a (3) alone'],
  ['items that change places', scored(['b', 3], ['a', 2], ['c', 1], ['d', 1]), 'b: 3 together, 2 alone'],
  ['another item', scored(['a', 3], ['x', 2], ['c', 1], ['d', 1]), 'x (2) together, and not among those alone'],
  ['an item twice', scored(['a', 3], ['b', 2], ['c', 1], ['c', 1]), 'c is there twice together'],
])('not %s', (_, together, what) => expect(difference(together, alone, 1)).toBe(what));
