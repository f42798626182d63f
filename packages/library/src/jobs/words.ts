// How reports of jobs write data sets, values and metrics.
import type { OverSeeds } from './over-seeds.js';
import type { Searched } from './planned.js';
import type { DataFacts } from './types.js';

/** Whole numbers: `11,420`. */
export const WHOLE: Intl.NumberFormat = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const TITLES: Readonly<Record<string, string>> = { recall: 'Recall', ndcg: 'NDCG' };

/** What a data set holds, in a sentence. */
export function dataLine({ name, users, items, interactions, sides }: DataFacts): string {
  return `${name}: ${WHOLE.format(users)} users, ${WHOLE.format(items)} items, ${WHOLE.format(interactions)} interactions; side information: ${sides.length === 0 ? 'none' : sides.join(', ')}.`;
}

/** `learningRate=0.001, hiddenDropout=0.2`; `-` without a search. */
export function valuesText(searched: Searched): string {
  const values = Object.entries(searched).map(([name, value]) => `${name.split('.').at(-1)}=${String(value)}`);
  return values.length === 0 ? '-' : values.join(', ');
}

/** A metric's name as in papers: `NDCG@10`. */
export function title(name: string): string {
  const [kind = '', cutoff] = name.split('@');
  const known = TITLES[kind] ?? kind;
  return cutoff === undefined ? known : `${known}@${cutoff}`;
}

/** A mean with half its interval; `-` where there is none. */
export function overSeeds(value: OverSeeds | undefined): string {
  if (value === undefined) return '-';
  return value.margin === null ? fixed(value.mean) : `${fixed(value.mean)} ± ${value.margin.toFixed(4)}`;
}

/** A metric: `0.0431`. */
export function fixed(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(4);
}
