// Names of values to the ids that a trained model has for them.
import type { TrainedModel } from './trained-model.js';

/** Value ids by token of the fields that have any; each map is made when it is first asked for. */
export function tokenIds({ fields }: Pick<TrainedModel, 'fields'>): (field: string) => ReadonlyMap<string, number> {
  const found = new Map<string, ReadonlyMap<string, number>>();
  return (field) => {
    const ids = found.get(field) ?? new Map((fields[field] ?? []).map((token, id) => [token, id] as const).slice(1));
    found.set(field, ids);
    return ids;
  };
}
