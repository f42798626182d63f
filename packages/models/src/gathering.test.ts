// Requests that are gathered into runs.
import { expect, it } from 'vitest';
import { Gathering } from './gathering.js';

it('what is asked in one turn, or while a run is under way, goes together, at most so many', async () => {
  const runs: number[] = [];
  const gathering = new Gathering<number, number>(async (requests) => {
    runs.push(requests.length);
    await new Promise((resolve) => setTimeout(resolve, 1));
    return requests.map((each) => each * 2);
  }, 3);
  const first = gathering.ask(0);
  const later = new Promise<number[]>((resolve) => {
    setTimeout(() => resolve(Promise.all([1, 2, 3, 4].map((each) => gathering.ask(each)))), 0);
  });
  expect([await first, ...(await later)]).toEqual([0, 2, 4, 6, 8]);
  expect(runs).toEqual([1, 3, 1]);
});

it('a run that fails fails its own requests, and no later ones', async () => {
  let isBroken = true;
  const gathering = new Gathering<string, string>(async (requests) => {
    if (isBroken) throw new Error('out of memory');
    return Promise.resolve(requests);
  }, 2);
  const asked = await Promise.allSettled([gathering.ask('a'), gathering.ask('b')]);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isBroken = false;
  expect(await gathering.ask('c')).toBe('c');
});

it('is settled when everything that waited is answered', async () => {
  const answered: number[] = [];
  const gathering = new Gathering<number, number>(async (requests) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return requests;
  }, 1);
  for (const each of [1, 2, 3]) void gathering.ask(each).then((answer) => answered.push(answer));
  await gathering.settled();
  expect(answered).toEqual([1, 2, 3]);
  await gathering.settled(); // with nothing to wait for
});
