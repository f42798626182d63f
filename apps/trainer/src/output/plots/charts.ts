// The charts of data stats: what each shows, in words and numbers. How they are drawn is in render.ts.
import type { Analysis, Distribution, Period } from '@difsr/data';
import { whole } from '../table.js';

/** Bars or a line over one axis. */
export interface Chart {
  /** Also the name of its file: `lengths`, `popularity`, .. */
  readonly name: string;
  readonly title: string;
  /** What it says, in a sentence: for those who do not see it, too. */
  readonly summary: string;
  readonly kind: 'bars' | 'stacked' | 'curve';
  readonly x: string;
  readonly y: string;
  /** Of bars: what each stands for. Of a curve: x as numbers. */
  readonly categories: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
}

/** A field has a chart of its own up to this many. */
const MOST_FIELDS = 12;

/** The charts of an analysis; what the data do not have (times, fields) has none. */
export function statisticsCharts(analysis: Analysis): Chart[] {
  const { lengths, itemInteractions, popularity, time, fields, split } = analysis;
  return [
    histogram('lengths', 'Sequence lengths', lengths, 'interactions of a user', 'users'),
    histogram('item-interactions', 'Popularity of items', itemInteractions, 'interactions of an item', 'items'),
    {
      name: 'long-tail',
      title: 'The long tail',
      summary: `The top 1 % of the items have ${percent(popularity.top1)} of the interactions, the top 10 % ${percent(popularity.top10)}; Gini ${popularity.gini.toFixed(3)}.`,
      kind: 'curve',
      x: 'most popular items, %',
      y: 'interactions, %',
      categories: ['0', ...popularity.curve.map(({ items }) => String(hundredth(items)))],
      series: [
        { name: 'this data set', values: [0, ...popularity.curve.map(({ interactions }) => hundredth(interactions))] },
        { name: 'all items alike', values: [0, ...popularity.curve.map(({ items }) => hundredth(items))] },
      ],
    },
    ...(time === undefined
      ? []
      : [
          {
            name: 'time',
            title: `Interactions per ${time.unit}`,
            summary: `From ${time.periods[0]?.from} to ${time.periods.at(-1)?.from}, by the parts of the split (${split.method}).`,
            kind: 'stacked',
            x: time.unit,
            y: 'interactions',
            categories: time.periods.map(({ from }) => from),
            series: (['train', 'context', 'valid', 'test'] as const)
              .filter((part) => split[part] > 0)
              .map((part) => ({ name: part, values: time.periods.map((period: Period) => period[part]) })),
          } as const,
        ]),
    ...(time?.calendar === true
      ? [
          {
            name: 'pauses',
            title: 'Pauses',
            summary: `Time between two interactions of a user; ${percent(time.tied.share)} of the interactions have none.`,
            kind: 'bars',
            x: 'time since the interaction before',
            y: 'interactions',
            categories: PAUSE_NAMES,
            series: [{ name: 'interactions', values: time.pauses.map(({ count }) => count) }],
          } as const,
        ]
      : []),
    ...fields
      .filter(({ perValue }) => perValue.max > 0)
      .slice(0, MOST_FIELDS)
      .map(({ name, perValue }, index) => ({
        ...histogram(`field-${index + 1}`, `Field "${name}"`, perValue, 'items of a value', 'values'),
        summary: `A value stands on ${spread(perValue)} items; Gini of the values ${perValue.gini.toFixed(3)}.`,
      })),
  ];
}

/** Names of the ranges of pauses, as the analysis orders them. */
const PAUSE_NAMES = ['< 1 min', '< 1 h', '< 1 day', '< 1 week', '< 30 days', '< 1 year', 'longer'];

function histogram(name: string, title: string, counts: Distribution, x: string, y: string): Chart {
  return {
    name,
    title,
    summary: `${x}: ${spread(counts)}.`.replace(/^./, (first) => first.toUpperCase()),
    kind: 'bars',
    x,
    y,
    categories: counts.histogram.map(({ from, to }) => (from >= to ? whole(from) : `${whole(from)}–${whole(to)}`)),
    series: [{ name: y, values: counts.histogram.map(({ count }) => count) }],
  };
}

function spread({ min, max, mean, quantiles }: Distribution): string {
  return `${whole(min)} to ${whole(max)}, half of them ${whole(quantiles.p25)} to ${whole(quantiles.p75)}, mean ${mean.toFixed(1)}`;
}

/** A share in per cent with two decimals, for axes. */
function hundredth(share: number): number {
  return Math.round(share * 1e4) / 100;
}

/** `3.1 %`, `45 %` */
export function percent(share: number): string {
  return `${share > 0 && share < 0.1 ? (share * 100).toPrecision(2) : (share * 100).toFixed(1)} %`;
}
