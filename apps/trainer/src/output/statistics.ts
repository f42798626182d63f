// What data stats says: rows of tables, and findings as lines.
import { say } from '@difsr/errors';
import type { Analysis, DatasetStatistics, Distribution, Finding, OtherField, Spread } from '@difsr/data';
import { percent } from './plots/charts.js';
import { whole } from './table.js';
import { typed } from '../typed.js';

/** Everything that the command knows of a data set. */
export interface Described {
  readonly statistics: DatasetStatistics;
  readonly analysis: Analysis;
  readonly findings: readonly Finding[];
  readonly otherFields: readonly OtherField[];
}

/** Name and value per row. */
export function summaryRows({ statistics, analysis }: Described): string[][] {
  const { name, format, users, items, interactions, density, lengths, itemInteractions } = statistics;
  const { split, popularity, repeats, cold, leakage } = analysis;
  return [
    ['data set', `${name} (${format})`],
    ['users', whole(users)],
    ['items', whole(items)],
    ['interactions', whole(interactions)],
    ['density', `${(density * 100).toPrecision(3)} %`],
    ['per user', spread(lengths, analysis.lengths)],
    ['per item', spread(itemInteractions, analysis.itemInteractions)],
    [
      'popularity',
      `Gini ${popularity.gini.toFixed(3)}; the top 1 % of items have ${percent(popularity.top1)} of the interactions, the top 10 % ${percent(popularity.top10)}`,
    ],
    [
      'repeats',
      repeats.interactions === 0
        ? 'none'
        : `${percent(repeats.share)} of the interactions are with an item the user had before, ${percent(repeats.inARowShare)} with the one just before`,
    ],
    ['split', `${split.method}: ${partsText(split)}`],
    [
      'cold items',
      cold.items === 0
        ? 'none: training sees every item'
        : `${whole(cold.items)} (${percent(cold.share)}) without training; targets among them: ${whole(cold.valid)} of valid, ${whole(cold.test)} of test`,
    ],
    ...timeRows(analysis),
    ...(leakage.trainingAfterTarget === undefined
      ? []
      : [
          [
            'leakage',
            `${percent(leakage.trainingAfterTarget)} of training lies after a test target, on average; ${percent(leakage.beforeMedianTraining ?? 0)} of test targets before half of it`,
          ],
        ]),
    ...(leakage.identical.users === 0
      ? []
      : [['copies', `${whole(leakage.identical.users)} users share their whole sequence with another`]]),
  ];
}

function timeRows({ time }: Analysis): string[][] {
  if (time === undefined) return [['time', 'none: the order of the file counts']];
  const { first, last, calendar, unit, periods, tied } = time;
  const busiest = periods.reduce((most, period) => (period.interactions > most.interactions ? period : most));
  const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);
  const span = calendar
    ? `${day(first)} to ${day(last)} (${days((last - first) / 86_400)}), most in ${busiest.from} (${whole(busiest.interactions)})`
    : `${first} to ${last}`;
  const pauses = time.pauses.reduce((sum, { count }) => sum + count, 0);
  const within = time.pauses
    .filter(({ below }) => below !== null && below <= 86_400)
    .reduce((sum, { count }) => sum + count, 0);
  return [
    ['time', span],
    ...(unit === 'range' || pauses === 0
      ? []
      : [['pauses', `${percent(within / pauses)} under a day, the longest ${days(time.longestPause / 86_400)}`]]),
    ...(tied.interactions === 0
      ? []
      : [
          [
            'ties',
            `${percent(tied.share)} of the interactions have the time of the one before; targets among them: ${whole(tied.valid)} of valid, ${whole(tied.test)} of test`,
          ],
        ]),
  ];
}

function partsText(split: Analysis['split']): string {
  const parts = ['train', 'context', 'valid', 'test'] as const;
  return parts.flatMap((part) => (split[part] > 0 ? [`${whole(split[part])} ${part}`] : [])).join(', ');
}

function days(count: number): string {
  return `${whole(count)} ${Math.round(count) === 1 ? 'day' : 'days'}`;
}

function spread({ min, mean, median, max }: Spread, { quantiles }: Distribution): string {
  return `${min} to ${whole(max)}, mean ${mean.toFixed(1)}, median ${median}, 90 % from ${whole(quantiles.p5)} to ${whole(quantiles.p95)}`;
}

/** A heading and a row per field of items that models use; nothing where there is none. */
export function fieldRows({ statistics, analysis }: Described): string[][] {
  if (statistics.fields.length === 0) return [];
  return [
    ['field', 'kind', 'values', 'items with one', 'per item', 'most frequent', 'Gini', 'own value'],
    ...statistics.fields.map((field, index) => [
      field.name,
      field.kind,
      whole(field.values),
      `${(field.coverage * 100).toFixed(1)} %`,
      `${field.perItem.min} to ${field.perItem.max}, mean ${field.perItem.mean.toFixed(1)}`,
      field.mostFrequent === null ? '-' : `${field.mostFrequent.value} (${whole(field.mostFrequent.items)})`,
      (analysis.fields[index]?.perValue.gini ?? 0).toFixed(3),
      `${((analysis.fields[index]?.ownValue ?? 0) * 100).toFixed(1)} %`,
    ]),
  ];
}

/** A heading and a row per field that is not side information of items. */
export function otherFieldRows({ otherFields }: Described): string[][] {
  if (otherFields.length === 0) return [];
  const numbers = ({ kind, range, values }: OtherField): string => {
    if (kind === 'vector') return `${whole(values ?? 0)} numbers`;
    if (kind !== 'numeric') return `${whole(values ?? 0)} values`;
    if (range === null || range === undefined) return '-';
    return `${short(range.min)} to ${short(range.max)}, mean ${short(range.mean)}`;
  };
  return [
    ['other field', 'of', 'kind', 'with one', 'holds'],
    ...otherFields.map((field) => [
      field.name,
      `${field.owner}s`,
      field.kind,
      `${(field.coverage * 100).toFixed(1)} %`,
      numbers(field),
    ]),
  ];
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Findings as lines: what, and beneath it what to do. */
export function findingLines(
  findings: readonly Finding[],
): { readonly what: string; readonly cure: string; readonly level: Finding['level'] }[] {
  return findings.map(({ level, what, cure }) => ({
    level,
    what: `${level === 'warning' ? '!' : '-'} ${what}`,
    cure: `  ${say(cure, typed)}`,
  }));
}
