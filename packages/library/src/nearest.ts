// "Did you mean": the choice among names, with the nearest offered when there is none such.
import { nearestName } from '@difsr/data';
import { UsageError } from './errors.js';

/**
 * The candidate with that name.
 *
 * @throws UsageError naming the nearest candidate, or all of them.
 */
export function chooseByName<T>(what: string, name: string, candidates: ReadonlyMap<string, T>, where = ''): T {
  const found = candidates.get(name);
  if (found !== undefined) return found;
  const all = [...candidates.keys()].join(', ');
  throw new UsageError(
    `${where === '' ? '' : `${where}: `}there is no ${what} "${name}"; there are ${all}`,
    didYouMean(name, candidates.keys()) ?? `use one of ${all}`,
  );
}

/** `did you mean X?`, where X is near enough. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? undefined : `did you mean ${nearest}?`;
}
