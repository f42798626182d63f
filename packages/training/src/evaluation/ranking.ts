// The loop that every ranking of held-out interactions is: cases in batches of similar length, read ahead, through one program that was
// compiled once; what depends on parameters and tables alone, such as the item table with its fields, is computed once for all of them.
// An index with `!` is in range by construction.
import { setting, text } from '@difsr/errors';
import type { Backend, Feeds, Graph, HostTensor, Program, Variables } from '@difsr/graph';
import {
  integers,
  Owned,
  padded,
  paddedItems,
  shownLength,
  splitTask,
  type InferenceTask,
  type ModelInstance,
} from '@difsr/models';
import type { CaseSource } from './cases.js';
import { ReadAhead } from '../sampling/read-ahead.js';
import { RunError } from '../run-error.js';

/** What ranks, and how many cases at once. */
export interface RankingOptions {
  readonly backend: Backend;
  readonly variables: Variables;
  readonly model: ModelInstance;
  readonly batchSize: number;
}

/** A batch that was ranked. */
export interface RankedBatch extends RankingFeeds {
  /** Numbers of its cases. */
  readonly chosen: Int32Array;
  /** int32 results of the task by name. @throws RunError for one that it does not have */
  readonly output: (name: string) => Int32Array;
}

/** A compiled ranking. */
export interface Ranking {
  /** All cases of a source, every case once. */
  readonly over: (
    source: CaseSource,
    take: (batch: RankedBatch) => void,
    progress?: (done: number, total: number) => void,
  ) => Promise<void>;
  /** Frees the compiled programs; the variables stay. */
  readonly dispose: () => Promise<void>;
}

/**
 * Compiles a task whose outputs are int32 but for `check`.
 *
 * @param seen Whether it has an input `seen`.
 */
export async function compileRanking(
  { backend, variables, model, batchSize }: RankingOptions,
  { name, task, seen }: { readonly name: string; readonly task: InferenceTask; readonly seen: boolean },
): Promise<Ranking> {
  const { prepare, main, hoisted } = splitTask(model, task);
  const owned = new Owned();
  const compiled = async (graph: Graph, label: string): Promise<Program> => {
    try {
      return owned.add(await backend.compile(graph, { variables, label }));
    } catch (error) {
      await owned.dispose();
      throw error;
    }
  };
  const preparing = hoisted.length === 0 ? undefined : await compiled(prepare, `prepare ${name}`);
  const program = await compiled(main, name);
  return {
    over: async (source, take, progress) => {
      const prepared = (await preparing?.run({})) ?? {};
      const { count: total } = source;
      // Cases of similar length share a batch; the order does not change a mean of counts.
      const order = byLength(source, model.config.maxLength);
      const chosenOf = (batch: number): Int32Array =>
        order.subarray(batch * batchSize, Math.min(total, (batch + 1) * batchSize));
      const batches = Math.ceil(total / batchSize);
      const feeds = new ReadAhead((batch) => rankingFeeds(source, chosenOf(batch), model, seen), batches);
      try {
        for (let batch = 0; batch < batches; batch++) {
          const own = await feeds.take(batch);
          const outputs = await program.run({ ...own.inputs, ...prepared });
          requireFinite(outputs['check']);
          const output = (of: string): Int32Array => {
            const data = outputs[of]?.data;
            if (!(data instanceof Int32Array)) throw new RunError(`the program "${name}" has no "${of}"`);
            return data;
          };
          take({ ...own, chosen: chosenOf(batch), output });
          progress?.(Math.min(total, (batch + 1) * batchSize), total);
        }
      } finally {
        await feeds.settled();
      }
    },
    dispose: async () => owned.dispose(),
  };
}

/** Throws where scores are not finite in origin: `check` is that of the ranking. */
function requireFinite(check: HostTensor | undefined): void {
  const sum = check?.data[0];
  if (sum !== undefined && Number.isFinite(sum)) return;
  throw new RunError({
    what: 'scores are not finite: the model has diverged',
    cure: text`a lower learning rate, or gradient clipping (${setting('training.clipNorm', 1)})`,
  });
}

/** Case numbers, shortest shown history first, ties in order. */
function byLength({ count, length }: CaseSource, maxLength: number): Int32Array {
  // Counted, not compared: cases are as many as users.
  const starts = new Int32Array(maxLength + 2);
  for (let i = 0; i < count; i++) starts[Math.min(maxLength, length(i)) + 1]!++;
  for (let l = 1; l < starts.length; l++) starts[l]! += starts[l - 1]!;
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[starts[Math.min(maxLength, length(i))]!++] = i;
  return order;
}

/** A batch to rank, and what it was made of. */
interface RankingFeeds {
  readonly inputs: Feeds;
  /** With `maskSeen`: which targets their users have had. */
  readonly seen: readonly boolean[];
  /** Whole with `maskSeen`, else the last `maxLength` items of each. */
  readonly histories: readonly Int32Array[];
  readonly targets: Int32Array;
}

/** Inputs of a ranking: the last `maxLength` items of each history, padded on the right; with `maskSeen` also what is seen. */
async function rankingFeeds(
  cases: CaseSource,
  chosen: Int32Array,
  model: ModelInstance,
  maskSeen: boolean,
): Promise<RankingFeeds> {
  const { histories, targets } = await cases.read(chosen, maskSeen ? Infinity : model.config.maxLength);
  const items = paddedItems(histories, model);
  const inputs: Record<string, Feeds[string]> = {
    items,
    ...(await cases.sides(chosen, shownLength(model), items.shape[1] ?? 0)),
    targetItems: integers(targets, [targets.length]),
  };
  if (!maskSeen) return { inputs, seen: [], histories, targets };
  const sets = histories.map((history) => new Set(history));
  inputs['seen'] = padded(
    sets.map((set) => [...set]),
    1,
  );
  return { inputs, seen: sets.map((set, i) => set.has(targets[i]!)), histories, targets };
}
