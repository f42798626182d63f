// Recommending as somebody would write it who has the exported graph: ids to numbers, one program with its own best items, numbers to ids. No
// tables that are computed once, no gathering of callers. What those are worth is the ratio to it.
import type { Backend, HostTensor } from '@difsr/graph';
import { inferenceTensors, Owned, padded, paddedItems, recommendTask, type TrainedModel } from '@difsr/models';

/** Ids of the best items and their scores, best first. */
export interface Answer {
  readonly ids: readonly string[];
  readonly scores: readonly number[];
}

/** Answers histories, each on its own or several in one run. */
export interface PlainRecommender {
  recommend(histories: readonly (readonly string[])[]): Promise<readonly Answer[]>;
  dispose(): Promise<void>;
}

/** Whether a model can be asked this way: it reads nothing but items. */
export function canBePlain({ model }: Pick<TrainedModel, 'model'>): boolean {
  return model.reads.events.length + model.reads.users.length === 0;
}

/** Compiles the program of the `k` best. */
export async function plainRecommender(trained: TrainedModel, backend: Backend, k: number): Promise<PlainRecommender> {
  const { model, items } = trained;
  const { graph } = recommendTask(model, k);
  const owned = new Owned();
  const variables = owned.add(await backend.createVariables(inferenceTensors(trained)));
  const program = owned.add(await backend.compile(graph, { variables, label: 'plain' }));
  const numbers = new Map(items.tokens.map((token, number) => [token, number]));
  const allowed: HostTensor = {
    dtype: 'bool',
    shape: [1, items.tokens.length],
    data: new Uint8Array(items.tokens.length).fill(1),
  };
  return {
    recommend: async (histories) => {
      const known = histories.map((history) => history.map((id) => numbers.get(id) ?? 0));
      const allowedOf: HostTensor = { dtype: 'int32', shape: [known.length], data: new Int32Array(known.length) };
      const feeds = { items: paddedItems(known, model), allowed, allowedOf, excluded: padded(known, 1) };
      const { ids, values } = await program.run(feeds);
      return known.map((_, row) => ({
        ids: Array.from(ids?.data.subarray(row * k, (row + 1) * k) ?? [], (number) => items.tokens[number] ?? ''),
        scores: Array.from(values?.data.subarray(row * k, (row + 1) * k) ?? []),
      }));
    },
    dispose: () => owned.dispose(),
  };
}
