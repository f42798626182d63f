// Every way to split, against counting by hand: which part an interaction belongs to, and what no split may do.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DescriptionInput } from '../description/types.js';
import { type Dataset, leaveOneOut, splitDataset } from '@difsr/data';
import { randomStream } from '@difsr/data/internal';
import { type Prepared, prepareTexts, shareEngine } from './prepare.test.support.js';

shareEngine();

const [TRAIN, CONTEXT, VALID, TEST] = [0, 1, 2, 3];

interface Row {
  readonly user: string;
  readonly item: string;
  readonly time: number;
}

/** A log of users with 1 to 14 interactions, several at the same time. */
const LOG: readonly Row[] = (() => {
  const random = randomStream(5, 0);
  return Array.from({ length: 40 }, (_, user) =>
    Array.from({ length: 1 + (user % 14) }, () => ({
      user: `u${user}`,
      item: `i${Math.floor(random.uniform() * 25)}`,
      time: 1000 + Math.floor(random.uniform() * 60),
    })),
  ).flat();
})();
const CSV = ['user,item,time', ...LOG.map(({ user, item, time }) => `${user},${item},${time}`)].join('\n');

async function splitBy(split: DescriptionInput['split']): Promise<Prepared> {
  return prepareTexts(
    { 'log.csv': CSV },
    { interactions: { files: 'log.csv', user: 'user', item: 'item', time: { column: 'time', unit: 's' } }, split },
  );
}

/** An interaction in its sequence. */
interface Placed extends Row {
  /** Place from 0, of `n`. */
  readonly k: number;
  readonly n: number;
}

/** The sequences by hand: users by first appearance, times with ties in file order. */
function placed(): Placed[] {
  const users = [...new Set(LOG.map(({ user }) => user))];
  return users.flatMap((user) => {
    // Array.sort is stable.
    const own = LOG.filter((row) => row.user === user).sort((a, b) => a.time - b.time);
    return own.map((row, k) => ({ ...row, k, n: own.length }));
  });
}

/** A target that is the first of its user has no history, so it is none. */
const withHistory = (part: number, k: number): number => (part >= VALID && k === 0 ? CONTEXT : part);

/** The parts of a prepared data set must be these, and its cases whole histories of targets. */
function expectParts({ dataset, manifest }: Prepared, part: (row: Placed) => number): Uint8Array {
  const rows = placed();
  const expected = Uint8Array.from(rows, (row) => withHistory(part(row), row.k));
  expect(dataset.parts).toEqual(expected);
  const count = (wanted: number): number => expected.filter((own) => own === wanted).length;
  expect(manifest.counts).toMatchObject({
    train: count(TRAIN),
    context: count(CONTEXT),
    valid: count(VALID),
    test: count(TEST),
  });
  const split = splitDataset(dataset);
  expect(split.valid.targets).toHaveLength(count(VALID));
  expect(split.test.targets).toHaveLength(count(TEST));
  for (const { histories } of [split.valid, split.test]) {
    for (let at = 1; at < histories.offsets.length; at++)
      expect(histories.offsets[at]).toBeGreaterThan(histories.offsets[at - 1] ?? 0);
  }
  return expected;
}

/** A number in [0, 1) from a seed and an id. */
function draw(seed: number, id: string): number {
  const bytes = createHash('md5').update(`${seed}:${id}`).digest();
  return Number(bytes.readBigUInt64LE(0)) / 2 ** 64;
}

describe('the parts of a split', () => {
  it('leave-one-out: the last is tested, the one before validated, as leaveOneOut does', async () => {
    const { dataset, manifest } = await splitBy({ method: 'leave-one-out' });
    expect(dataset.parts).toBeUndefined();
    const { valid, test } = leaveOneOut(dataset);
    const rows = placed();
    expect(valid.targets).toHaveLength(rows.filter(({ k, n }) => n >= 4 && k === n - 2).length);
    expect(manifest.counts).toMatchObject({
      valid: valid.targets.length,
      test: test.targets.length,
      train: LOG.length - valid.targets.length - test.targets.length,
      context: 0,
    });
  });

  it('last-n: the last of each sequence, as long as two are left to train on', async () => {
    expectParts(await splitBy({ method: 'last-n', valid: 2, test: 3 }), ({ k, n }) => {
      if (n >= 5 && k >= n - 3) return TEST;
      return n >= 7 && k >= n - 5 ? VALID : TRAIN;
    });
  });

  it('ratio: shares of each sequence, rounded down', async () => {
    expectParts(await splitBy({ method: 'ratio', valid: 0.1, test: 0.2 }), ({ k, n }) => {
      // In tenths, so that nothing is rounded twice.
      const tests = Math.floor((n * 2) / 10);
      const valids = Math.floor(n / 10);
      if (k >= n - tests) return TEST;
      return k >= n - tests - valids ? VALID : TRAIN;
    });
  });

  it('global time by shares: the latest are tested, and a moment is never divided', async () => {
    const times = LOG.map(({ time }) => time).sort((a, b) => a - b);
    const tests = Math.floor((times.length * 2) / 10);
    const valids = Math.floor(times.length / 10);
    const lastBeforeTest = times[times.length - tests - 1] ?? 0;
    const lastOfTraining = times[times.length - tests - valids - 1] ?? 0;
    const prepared = await splitBy({ method: 'global-time', valid: 0.1, test: 0.2 });
    const parts = expectParts(prepared, ({ time }) => {
      if (time > lastBeforeTest) return TEST;
      return time > lastOfTraining ? VALID : TRAIN;
    });
    expectNoLeakOfTime(prepared.dataset, parts);
  });

  it('global time by moments: from each moment on, inclusive', async () => {
    const prepared = await splitBy({ method: 'global-time', valid: '1970-01-01T00:17:15Z', test: '1040' });
    const parts = expectParts(prepared, ({ time }) => {
      if (time >= 1040) return TEST;
      return time >= 1035 ? VALID : TRAIN;
    });
    expectNoLeakOfTime(prepared.dataset, parts);
    expect(parts).toContain(CONTEXT);
    expect(prepared.manifest.report).toContainEqual(
      expect.objectContaining({ what: 'targets that are the first of their user' }),
    );
  });

  it('leave-one-out trains on what happened after targets of other users: the leak that global time has not', async () => {
    const { dataset } = await splitBy({ method: 'leave-one-out' });
    const { offsets } = dataset.sequences;
    const rows = placed();
    const isTest = rows.map(({ k, n }) => n >= 3 && k === n - 1);
    const isValid = rows.map(({ k, n }) => n >= 4 && k === n - 2);
    const earliest = Math.min(...rows.flatMap(({ time }, at) => (isTest[at] === true ? [time] : [])));
    const leaks = rows.filter(({ time }, at) => isTest[at] === false && isValid[at] === false && time > earliest);
    expect(leaks.length).toBeGreaterThan(0);
    expect(offsets.at(-1)).toBe(LOG.length);
  });

  it('user hold-out: held users are never trained on, all but their last is history', async () => {
    const parts = expectParts(await splitBy({ method: 'user-hold-out', valid: 0.2, test: 0.3, seed: 7 }), (row) => {
      const own = draw(7, row.user);
      if (own >= 0.5) return TRAIN;
      if (row.k < row.n - 1) return CONTEXT;
      return own < 0.3 ? TEST : VALID;
    });
    const held = new Set(placed().flatMap(({ user }, at) => (parts[at] === TEST || parts[at] === VALID ? [user] : [])));
    expect(held.size).toBeGreaterThan(5);
    expect(placed().filter(({ user }, at) => held.has(user) && parts[at] === TRAIN)).toEqual([]);
  });

  it('cold items: items of validation and test are never in training', async () => {
    const parts = expectParts(await splitBy({ method: 'cold-items', valid: 0.2, test: 0.2, seed: 1 }), ({ item }) => {
      const own = draw(1, item);
      if (own < 0.2) return TEST;
      return own < 0.4 ? VALID : TRAIN;
    });
    const rows = placed();
    const trained = new Set(rows.flatMap(({ item }, at) => (parts[at] === TRAIN ? [item] : [])));
    const cold = rows.filter((_, at) => parts[at] === VALID || parts[at] === TEST);
    expect(cold.length).toBeGreaterThan(20);
    expect(cold.filter(({ item }) => trained.has(item))).toEqual([]);
  });

  it('a held-out user is held out with all sessions', async () => {
    const { dataset } = await prepareTexts(
      { 'log.csv': CSV },
      {
        interactions: { files: 'log.csv', user: 'user', item: 'item', time: { column: 'time', unit: 's' } },
        sessions: { gap: '5s' },
        split: { method: 'user-hold-out', valid: 0.2, test: 0.3, seed: 7 },
      },
    );
    const { offsets } = dataset.sequences;
    expect(dataset.users.size).toBeGreaterThan(60);
    for (const [index, session] of dataset.users.tokens.slice(1).entries()) {
      const parts = Array.from(dataset.parts?.subarray(offsets[index], offsets[index + 1]) ?? []);
      const [user = ''] = session.split('#');
      if (draw(7, user) < 0.5) expect(parts).not.toContain(TRAIN);
      else expect(new Set(parts)).toEqual(new Set([TRAIN]));
    }
  });

  it('refuses shares and moments that leave nothing to train on, and says when a part is empty', async () => {
    await expect(splitBy({ method: 'ratio', valid: 0.5, test: 0.5 })).rejects.toThrow(/0.5 and 0.5 leave nothing/);
    await expect(splitBy({ method: 'global-time', valid: '900', test: '1040' })).rejects.toThrow(
      /leaves nothing to train on/,
    );
    await expect(splitBy({ method: 'global-time', valid: '1040', test: '1030' })).rejects.toThrow(
      /must begin before the test part/,
    );
    await expect(splitBy({ method: 'global-time', valid: 'soon', test: 0.1 })).rejects.toThrow(
      /split\.valid.*"soon" is not a time/,
    );
    const { manifest } = await splitBy({ method: 'global-time', valid: '1050', test: '2000' });
    expect(manifest.report).toContainEqual(expect.objectContaining({ what: 'the part "test" is empty' }));
  });
});

/** Nothing that is trained on is later than anything that is validated, nor that later than what is tested. */
function expectNoLeakOfTime(dataset: Dataset, parts: Uint8Array): void {
  const times = (wanted: number): number[] => [...(dataset.times ?? [])].filter((_, at) => parts[at] === wanted);
  expect(Math.max(...times(TRAIN))).toBeLessThan(Math.min(...times(VALID)));
  expect(Math.max(...times(VALID))).toBeLessThan(Math.min(...times(TEST)));
}
