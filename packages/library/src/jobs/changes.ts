// Where two jobs, or the settings of two runs, differ, in words.
import { isTree } from '../config/layers.js';

/** What a call means for the job in its folder. */
export interface JobChange {
  /** In words: `model gru4rec`. */
  readonly added: readonly string[];
  /** Why the call is none of this job. */
  readonly refused: readonly string[];
}

/** Where two settings differ, in words; what the older does not know was trained as its default has it. */
export function changesOf(before: unknown, now: unknown, path = ''): string[] {
  if (!isTree(before)) {
    const same = JSON.stringify(before) === JSON.stringify(now);
    return same ? [] : [`${path} was ${JSON.stringify(before)}, is ${JSON.stringify(now) ?? 'not set'}`];
  }
  return Object.entries(before).flatMap(([key, value]) =>
    changesOf(value, isTree(now) ? now[key] : undefined, path === '' ? key : `${path}.${key}`),
  );
}

/** Differences of settings, those that only one of them has included. */
export function bothWays(before: unknown, now: unknown): string[] {
  return [...new Set([...changesOf(before, now), ...changesOf(now, before).map(turned)])];
}

/** `x was 2, is 1`, seen from the other side. */
function turned(change: string): string {
  return change.replace(/^(.*) was (.*), is (.*)$/s, '$1 was $3, is $2');
}
