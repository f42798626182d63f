// The rules of times for files that are read without the engine.
import { expect, test } from 'vitest';
import { onOneClock } from './atomic-times.js';
import { DataError } from '@difsr/data';
import { parseAtomicFiles } from './recbole.js';

const SECONDS = Array.from({ length: 6 }, (_, day) => 1_700_000_000 + day * 86_400);

function clock(...times: readonly number[]): ReturnType<typeof onOneClock> {
  return onOneClock(Float64Array.from(times), 'log.inter', 'timestamp');
}

test('one unit, an order, and a log of 1970 stay as they are', () => {
  const kept: readonly (readonly number[])[] = [
    SECONDS,
    SECONDS.map((at) => at * 1000),
    [3, 1, 2, 0],
    [0, 86_400, 172_800, ...SECONDS],
  ];
  for (const times of kept) expect(clock(...times)).toEqual({ times: Float64Array.from(times), report: [] });
});

test('several units are read each by its own size, and counted', () => {
  const { times, report } = clock(...SECONDS.map((at, day) => (day < 2 ? at * 1e9 : day < 3 ? at * 1000 : at)));
  expect([...times]).toEqual(SECONDS);
  expect(report).toEqual([
    expect.objectContaining({
      kind: 'noted',
      count: 3,
      why: expect.stringMatching(/^seconds 3, nanoseconds 2, milliseconds 1/),
    }),
  ]);
});

test.each([0, -1, 253_402_300_799, -62_135_596_800, 2_147_483_647])(
  '%d stands for no time: an error that counts',
  (none) => {
    expect(() => clock(...SECONDS, none, none)).toThrow(/stands for no time: .* \(2 of 8 rows are so\)[^]*prepare\(\)/);
    expect(() => clock(...SECONDS, none)).toThrow(DataError);
  },
);

test('atomic files go by them', () => {
  const rows = SECONDS.map((at, day) => `u\ti${day}\t${day % 2 === 0 ? at : at * 1000}`).toReversed();
  const text = ['user_id:token\titem_id:token\ttimestamp:float', ...rows].join('\n');
  const { interactions, report } = parseAtomicFiles('log', { inter: { file: 'log.inter', text } });
  expect([...(interactions.times ?? [])]).toEqual(SECONDS.toReversed());
  expect(report.map(({ what }) => what)).toContain('more than one unit in the time column "timestamp"');
});
