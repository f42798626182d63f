// The candidates of `difsr-bench recommend`: a recommender in the calling thread and in a worker, and the plain one, each asked the same.
import { randomInts, streamId, type Backend } from '@difsr/graph';
import { createRecommender, type TrainedModel } from '@difsr/models';
import type { OpenBackend } from '../engine/open.js';
import type { ContestPlan, Contestant } from '../measure/contest.js';
import { figureOf, oneFigure, type Figure } from '../measure/result.js';
import { quantile, summarize } from '../measure/statistics.js';
import { engineName } from '../workload/product.js';
import { canBePlain, plainRecommender, type Answer } from './plain-recommender.js';

/** What a visit asks for. */
export interface RecommendWork {
  /** Calls of a visit. */
  readonly calls: number;
  /** Histories of a call. */
  readonly batch: number;
  /** How many items are asked for. */
  readonly k: number;
  readonly signal: AbortSignal;
  readonly onCall: (candidate: string, call: number) => void;
}

/** Ids of items, oldest first. */
type History = readonly string[];
/** Answers one call. */
type Ask = (histories: readonly History[]) => Promise<readonly Answer[]>;

/** Longest history that is asked. */
const LONGEST = 50;
/** Different histories; they are asked in turns. */
const HISTORIES = 512;
/** Histories whose answers are compared. */
const COMPARED = 8;

/** Histories of 1 to 50 items drawn evenly; the same in every run. */
export function drawHistories({ items: { tokens } }: Pick<TrainedModel, 'items'>): History[] {
  const lengths = randomInts({ seed: 1, step: 0, stream: streamId('lengths') }, HISTORIES, LONGEST);
  const picks = randomInts({ seed: 1, step: 0, stream: streamId('items') }, HISTORIES * LONGEST, tokens.length - 1);
  return Array.from({ length: HISTORIES }, (_, i) =>
    Array.from({ length: 1 + (lengths[i] ?? 0) }, (__, j) => tokens[1 + (picks[i * LONGEST + j] ?? 0)] ?? ''),
  );
}

/** A backend in a worker beside one in the calling thread, where an engine has both. */
export interface Places {
  readonly thread: OpenBackend;
  readonly worker: OpenBackend | undefined;
}

/** Candidates on every engine. */
export function recommendPlans(
  places: readonly Places[],
  trained: TrainedModel,
  { plain, ...work }: RecommendWork & { readonly plain: boolean },
): ContestPlan[] {
  const histories = drawHistories(trained);
  return places.flatMap(({ thread, worker }): ContestPlan[] => {
    const engine = engineName(thread);
    const against = plain && thread.name === 'onnxruntime' && canBePlain(trained) ? `${engine}, plain` : undefined;
    const planOf = (
      name: string,
      title: string,
      open: () => Promise<Asked>,
      other: string | undefined,
    ): ContestPlan => ({
      name,
      title,
      engine,
      ...(other === undefined ? {} : { plain: other }),
      make: async () => contestant(name, await open(), histories, work),
    });
    const ours = (place: string, { backend }: OpenBackend): ContestPlan =>
      planOf(
        `${engine}, ${place}`,
        `a recommender in ${place === 'worker' ? 'a worker' : 'the calling thread'}`,
        () => recommender(trained, backend, work.k),
        against,
      );
    return [
      ours('thread', thread),
      ...(worker === undefined ? [] : [ours('worker', worker)]),
      ...(against === undefined
        ? []
        : [
            planOf(
              against,
              'one program as it is traced, without tables, in the calling thread',
              async () => {
                const { recommend, dispose } = await plainRecommender(trained, thread.backend, work.k);
                return { ask: recommend, dispose };
              },
              undefined,
            ),
          ]),
    ];
  });
}

/** Something that can be asked. */
interface Asked {
  readonly ask: Ask;
  dispose(): Promise<void>;
}

async function recommender(trained: TrainedModel, backend: Backend, k: number): Promise<Asked> {
  const own = await createRecommender(trained, backend);
  return {
    ask: async (histories) => {
      const [only] = histories;
      const answers =
        histories.length === 1 && only !== undefined
          ? [await own.recommend(only, { k })]
          : await own.recommendMany(
              histories.map((history) => ({ history })),
              { k },
            );
      return answers.map(({ items }) => ({ ids: items.map(({ id }) => id), scores: items.map(({ score }) => score) }));
    },
    dispose: () => own.dispose(),
  };
}

function contestant(
  name: string,
  { ask, dispose }: Asked,
  histories: readonly History[],
  work: RecommendWork,
): Contestant {
  const { calls, batch, signal, onCall } = work;
  const latencies: number[] = [];
  let next = 0;
  const take = (): readonly History[] =>
    Array.from({ length: batch }, () => histories[next++ % histories.length] ?? []);
  return {
    check: async () => {
      const scores: number[] = [];
      for (const history of histories.slice(0, COMPARED))
        for (const answer of await ask([history])) scores.push(...answer.scores);
      return scores;
    },
    run: async (timed) => {
      for (let call = 1; call <= calls && !signal.aborted; call++) {
        const asked = take();
        const started = performance.now();
        await ask(asked);
        if (timed) latencies.push(performance.now() - started);
        onCall(name, call);
      }
    },
    figures: (samples) => [...(batch === 1 ? callFigures(latencies) : []), usersFigure(samples, calls * batch)],
    dispose,
  };
}

function callFigures(latencies: readonly number[]): Figure[] {
  return [
    oneFigure('p50 of a call', 'ms', quantile(latencies, 0.5)),
    oneFigure('p99 of a call', 'ms', quantile(latencies, 0.99)),
  ];
}

function usersFigure(samples: readonly number[], histories: number): Figure {
  return figureOf('users', '/s', summarize(samples.map((milliseconds) => (1000 * histories) / milliseconds)));
}
