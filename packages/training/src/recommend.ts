// Recommendations for a history that was never seen, from an opened run.
import type { Backend, HostTensor } from '@difsr/graph';
import { LOWEST, recommendTask } from '@difsr/models';
import { padded, paddedItems } from './evaluate.js';
import { checkTensors, RUN_FILES, type Run } from './run-folder.js';

/** One recommended item. */
export interface Recommendation {
  readonly id: string;
  readonly name?: string;
  readonly score: number;
}

/** An answer: the items, which ids of the history are unknown, and whether popular items had to stand in. */
export interface Recommendations {
  readonly items: Recommendation[];
  readonly unknown: string[];
  readonly popular: boolean;
}

/** Recommends items of one run on one backend. */
export interface Recommender {
  /** The best next `k` items after a history of item ids, oldest first. */
  recommend(
    history: readonly string[],
    options: { readonly k: number; readonly includeSeen: boolean },
  ): Promise<Recommendations>;
  /** Frees the program and the parameters. */
  dispose(): Promise<void>;
}

/**
 * Prepares a run for recommending. Unknown ids are ignored and named; with none left the popular items are given, and `popular` says so.
 *
 * @example
 * ```ts
 * const recommender = await createRecommender(await openRun('runs/clicks'), backend);
 * const { items } = await recommender.recommend(['B004', 'B017'], { k: 5, includeSeen: false });
 * ```
 */
export async function createRecommender(run: Run, backend: Backend): Promise<Recommender> {
  const ids = new Map(run.items.tokens.map((token, id) => [token, id]));
  const variables = await backend.createVariables(inferenceTensors(run));
  const programs = new Map<number, Awaited<ReturnType<Backend['compile']>>>();
  const programFor = async (k: number): Promise<Awaited<ReturnType<Backend['compile']>>> => {
    const program =
      programs.get(k) ??
      (await backend.compile(recommendTask(run.model, k).graph, { variables, label: `recommend ${k}` }));
    programs.set(k, program);
    return program;
  };
  const describe = (id: number, score: number): Recommendation => {
    const name = run.items.names?.[id];
    return { id: run.items.tokens[id] ?? '', ...(name === undefined || name === '' ? {} : { name }), score };
  };
  return {
    recommend: async (history, { k, includeSeen }) => {
      const unknown = history.filter((token) => (ids.get(token) ?? 0) === 0);
      const known = history.flatMap((token) => ids.get(token) || []);
      const seen = includeSeen ? [] : [...new Set(known)];
      const most = Math.min(k, run.model.schema.items);
      if (known.length === 0)
        return {
          items: popularItems(run, most).map((id) => describe(id, run.items.counts[id] ?? 0)),
          unknown,
          popular: true,
        };
      const program = await programFor(most);
      const found = await program.run({ items: paddedItems([known], run.model), excluded: padded([seen], 1) });
      const scores = [...(found['values']?.data ?? [])];
      const items = [...(found['ids']?.data ?? [])].flatMap((id, i) =>
        (scores[i] ?? LOWEST) > LOWEST * 0.99 ? [describe(id, scores[i] ?? 0)] : [],
      );
      return { items, unknown, popular: false };
    },
    dispose: async () => {
      for (const program of programs.values()) await program.dispose();
      await variables.dispose();
    },
  };
}

/** The parameters and tables that a run's scores depend on, checked. */
export function inferenceTensors(run: Run): Record<string, HostTensor> {
  const { parameters, constants } = recommendTask(run.model, 1);
  const needed = [...parameters, ...constants];
  checkTensors(`${run.folder}/${RUN_FILES.model}`, run.tensors, needed);
  return Object.fromEntries(
    needed.flatMap(({ name }) => (run.tensors[name] === undefined ? [] : [[name, run.tensors[name]]])),
  );
}

/** The most frequent items, ties to the lower id. */
function popularItems(run: Run, k: number): number[] {
  return Array.from(run.items.counts, (_, id) => id)
    .slice(1)
    .sort((a, b) => (run.items.counts[b] ?? 0) - (run.items.counts[a] ?? 0) || a - b)
    .slice(0, k);
}
