// "Did you mean": the nearest of several names, and the choice among them.
import type { Fault } from './fault.js';
import type { Text } from './text.js';

/** Edit distance: the fewest insertions, deletions and substitutions of one character. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substituted, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/**
 * The candidate nearest to `name` (case ignored, first of equals), or `undefined` where none shares at least half of it.
 *
 * @example
 * ```ts
 * nearestName('rat', ['width', 'rate']); // 'rate'
 * ```
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    const limit = Math.max(name.length, candidate.length) / 2;
    if (distance <= limit && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * `did you mean X?`, where one of the candidates is near enough.
 *
 * @param written the candidate as the reader should write it
 * @example
 * ```ts
 * didYouMean('rat', ['width', 'rate']); // 'did you mean rate?'
 * ```
 */
export function didYouMean(
  name: string,
  candidates: Iterable<string>,
  written: (candidate: string) => string = (candidate) => candidate,
): string | undefined {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? undefined : `did you mean ${written(nearest)}?`;
}

/**
 * The candidate with that name.
 *
 * @param what what candidates are: `model`
 * @param Fail the error that is thrown where there is none of that name: it lists all, and offers the nearest
 * @example
 * ```ts
 * chooseByName('preset', 'smal', presets, DifsrError); // there is no preset "smal"; there are small, large, cure: did you mean small?
 * ```
 */
export function chooseByName<T>(
  what: string,
  name: string,
  candidates: ReadonlyMap<string, T>,
  Fail: new (fault: Fault) => Error,
  where?: Text,
): T {
  const found = candidates.get(name);
  if (found !== undefined) return found;
  const all = [...candidates.keys()].join(', ');
  throw new Fail({
    where,
    what: `there is no ${what} "${name}"; there are ${all}`,
    cure: didYouMean(name, candidates.keys()) ?? `use one of ${all}`,
  });
}
