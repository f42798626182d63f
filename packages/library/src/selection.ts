// How many items are asked for, and whether new ones may be among them.
import { setting, text } from '@difsr/errors';
import type { Run } from '@difsr/training';
import { UsageError } from './errors.js';

/** How many items are recommended where nothing is said, or all of them where there are fewer. */
const DEFAULT_K = 20;
const whole = new Intl.NumberFormat('en');

/**
 * How many items are asked for: what was given, else 20, or as many as there are.
 *
 * @throws UsageError where more are asked for than there are.
 */
export function topOf(k: number | undefined, { items, folder }: Run): number {
  const most = items.tokens.length - 1;
  if (k === undefined) return Math.min(DEFAULT_K, most);
  if (k <= most) return k;
  throw new UsageError({
    where: setting('k', k),
    what: `${folder} knows ${whole.format(most)} items`,
    cure: text`choose ${setting('k')} from 1 to ${most}`,
  });
}

/**
 * Whether items without training interactions may be recommended: where they were asked for, and of a model that ranks all items as
 * what they are.
 *
 * @throws UsageError where they were asked for and the model knows nothing of them.
 */
export function includesNew({ folder, model }: Run, asked: boolean): boolean {
  if ((model.config.itemFields ?? 'none') !== 'none') return asked;
  if (asked)
    throw new UsageError({
      where: setting('includeNew'),
      what: `${folder} knows items by their interactions alone, and nothing of new ones`,
      cure: text`train with ${setting('model.itemFields', 'sum')}`,
    });
  return true;
}
