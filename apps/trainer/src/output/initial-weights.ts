// What a run begins with of another one, in a few lines: what was taken, of which tables only rows, what was not, and what was not used.
import { RUN_FILES, type InitialWeights } from '@difsr/training';
import { whole as number } from './table.js';

/** Names in a line; all of them are in the run's `init.json`. */
const MOST_NAMES = 6;

/** The lines of `init.json`. */
export function initialWeightsText({
  run,
  model,
  sha256,
  whole,
  partly,
  absent,
  unfit,
  unused,
  scales,
}: InitialWeights): string {
  const tables = new Set(partly.map(({ name }) => name)).size;
  const all = whole.length + tables + absent.length + unfit.length;
  const lines = [
    `initial weights of ${run} (${model}, ${RUN_FILES.model} ${sha256.slice(0, 12)}..): ${number(whole.length)} of ${number(all)} parameters whole${tables === 0 ? '' : `, ${number(tables)} in part`}`,
    ...some(
      partly.map(({ name, of, taken, rows }) => `${name} ${number(taken)} of ${number(rows)} (${of})`),
      'rows that both have',
    ),
    ...some(
      unfit.map(({ name, reason }) => `${name} (${reason})`),
      'not taken',
    ),
    ...some(absent, 'not in that run'),
    ...some(unused, 'not used'),
    ...some(scales, 'numbers scaled as in that run'),
  ];
  return lines.join('\n  ');
}

function some(names: readonly string[], title: string): string[] {
  if (names.length === 0) return [];
  const more = names.length - MOST_NAMES;
  const rest = more > 0 ? ` and ${number(more)} more (${RUN_FILES.init} has all)` : '';
  return [`${title}: ${names.slice(0, MOST_NAMES).join(', ')}${rest}`];
}
