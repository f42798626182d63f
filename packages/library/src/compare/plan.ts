// What a comparison searches for each of its models, and what is left out for one that lacks it.
import { isTree } from '../config/layers.js';
import { hasOption, isSearched, type DefinedModel } from '../jobs/asked.js';
import type { Searched } from '../jobs/planned.js';
import type { Search, Specification } from './types.js';

/** Every combination of the values of options that a model has, the last option fastest; one empty combination without a search. */
export function gridOf(search: Search, model: Pick<DefinedModel, 'label' | 'definition'>): Searched[] {
  return Object.entries(search)
    .filter(([name]) => isSearched(model, name))
    .reduce<Searched[]>(
      (grid, [name, values]) => grid.flatMap((each) => values.map((value) => ({ ...each, [name]: value }))),
      [{}],
    );
}

/** What is left out for models that lack it, in words. */
export function ignoredOptions({ settings, search }: Specification, models: readonly DefinedModel[]): string[] {
  const named = [
    ...Object.entries(settings).flatMap(([section, values]) =>
      isTree(values) ? Object.keys(values).map((key) => `${section}.${key}`) : [],
    ),
    ...Object.keys(search),
  ];
  const lacking = [...new Set(named)].flatMap((name) => {
    const without = models.filter((model) => !hasOption(model, name)).map(({ label }) => label);
    return without.length === 0 ? [] : [`${name}: not an option of ${without.join(', ')}`];
  });
  const untrained = Object.keys(search).flatMap((name) => {
    const counted = models.filter((model) => hasOption(model, name) && !isSearched(model, name));
    const labels = counted.map(({ label }) => label).join(', ');
    return counted.length === 0 ? [] : [`${name}: not searched for ${labels}, of which nothing is trained`];
  });
  return [...lacking, ...untrained];
}
