// Each finding appears where its cause is put into a data set, and nowhere in a clean one.
import { say } from '@difsr/errors';
import { describe, expect, it } from 'vitest';
import { buildDataset } from './build.js';
import { generateDataset } from './generate.js';
import { analyseDataset } from './statistics-analysis.js';
import { type Finding, type FindingCode, findingsOf } from './statistics-findings.js';
import { datasetStatistics } from './statistics.js';
import type { Dataset } from './types.js';

const DAY = 86_400;
type Row = readonly [user: number, item: number, time: number];

function findings(dataset: Dataset): Finding[] {
  return findingsOf(analyseDataset(dataset), datasetStatistics(dataset));
}

function codes(rows: readonly Row[], tags: (item: number) => readonly string[] = () => [], items = 100): FindingCode[] {
  const users = [...new Set(rows.map(([user]) => user))];
  const seen = [...new Set(rows.map(([, item]) => item))];
  const ids = Array.from({ length: items }, (_, item) => item);
  const dataset = buildDataset({
    name: 'hand',
    format: 'hand',
    source: 'hand',
    interactions: {
      userTokens: users.map(String),
      itemTokens: seen.map(String),
      users: Int32Array.from(rows, ([user]) => users.indexOf(user)),
      items: Int32Array.from(rows, ([, item]) => seen.indexOf(item)),
      times: Float64Array.from(rows, ([, , time]) => time),
    },
    items: { ids: ids.map(String), columns: [{ name: 'tag', kind: 'multi-categorical', values: ids.map(tags) }] },
    report: [],
  });
  return findings(dataset).map(({ code }) => code);
}

/** 100 users one after the other, 8 days each: a different item of 100 a day. */
function clean(users = 100, length = 8): Row[] {
  return Array.from({ length: users * length }, (_, at): Row => {
    const user = Math.floor(at / length);
    return [user, (user * 3 + (at % length) * (1 + (user % 7))) % 100, 1e9 + (user * 0.01 + (at % length)) * DAY];
  });
}

describe('findingsOf', () => {
  it('has nothing to say of the generated data set, nor of a clean log', () => {
    expect(findings(generateDataset())).toEqual([]);
    expect(codes(clean(), (item) => [`t${item % 10}`])).toEqual([]);
  });

  it.each<readonly [FindingCode, () => FindingCode[]]>([
    ['short-histories', () => codes(clean().filter(([user], at) => user < 50 || at % 8 < 2))],
    ['rare-items', () => codes(clean().filter(([, item], at) => item < 20 || at % 3 === 0))],
    ['unused-items', () => codes(clean(), undefined, 200)],
    [
      'cold-targets',
      () => codes(clean().map(([user, item, time], at) => [user, at % 8 === 7 ? 1000 + user : item, time])),
    ],
    ['popularity', () => codes(clean().map(([user, item, time], at) => [user, at % 2 === 0 ? 1 : item, time]))],
    [
      'same-item-in-a-row',
      () => codes(clean().map(([user, item, time], at) => [user, at % 8 === 0 ? item : user, time])),
    ],
    ['repeats', () => codes(clean().map(([user, item, time], at) => [user, at % 2 === 0 ? item : user, time]))],
    ['future-in-training', () => codes(clean().map(([user, item, time]) => [user, item, time + user * 30 * DAY]))],
    ['ties', () => codes(clean().map(([user, item], at) => [user, item, 1e9 + (at % 8 >= 6 ? 6 : at % 8) * DAY]))],
    ['same-time', () => codes(clean().map(([user, item]) => [user, item, 1e9]))],
    ['not-a-time', () => codes(clean().map(([user, item], at) => [user, item, at]))],
    ['hole', () => codes(clean().map(([user, item, time], at) => [user, item, time + (at % 8 > 3 ? 90 * DAY : 0)]))],
    ['identical-users', () => codes(clean().map(([user, item, time], at) => [user, user < 5 ? at % 8 : item, time]))],
    ['field-constant', () => codes(clean(), () => ['same'])],
    ['field-value-everywhere', () => codes(clean(), (item) => ['same', `t${item % 10}`])],
    ['field-identifies', () => codes(clean(), (item) => [`name ${item}`])],
    ['field-coverage', () => codes(clean(), (item) => (item % 3 === 0 ? [`t${item % 4}`] : []))],
  ])('finds %s', (code, found) => {
    expect(found()).toContain(code);
  });

  it('puts warnings first and gives each a cure', () => {
    const rows = clean().map(([user, item, time], at): Row => [user, at % 2 === 0 ? 1 : item, time + user * 30 * DAY]);
    const dataset = codes(rows, () => ['same']);
    expect(dataset.indexOf('field-constant')).toBeLessThan(dataset.indexOf('popularity'));
    for (const { what, cure } of findings(generateDataset({ users: 200, items: 1500 }))) {
      expect(what).toMatch(/\d/);
      expect(say(cure).length).toBeGreaterThan(20);
    }
  });
});
