// What a recommender runs, whatever it is asked: few programs, graphs of one trace, so that what they need of parameters and
// tables alone is computed once and held once.
import {
  add,
  at,
  constant,
  createGraph,
  div,
  gather,
  gatherLast,
  input,
  matmul,
  maximum,
  mul,
  reduceSum,
  reshape,
  sqrt,
  type Graph,
  type Hoisted,
  type Tensor,
} from '@difsr/graph';
import { barredColumns } from './columns.js';
import type { ScopeOptions } from '@difsr/nn';
import type { ModelInstance } from './definition.js';
import { declareInputs } from './inputs.js';
import { splitWhole } from './precompute.js';
import { scoresOfItems } from './scoring.js';
import { isSeen } from './seen.js';
import { bestOf, scoresAfter, type InferenceTask, type SequenceScores } from './tasks.js';

/** How many items programs give; whatever is asked, there is one that gives as many. */
const MOST_OF: { readonly [P in 'best' | 'nearest']: readonly number[] } = {
  best: [16, 128, 1024],
  nearest: [16, 128],
};
/** The same of catalogues above so many items, where giving all of them for a little more than the last size would be dear. */
const LARGE = 16_384;
const MOST_OF_LARGE: typeof MOST_OF = {
  best: [32, 512, 8192],
  nearest: [32, 2048],
};

/** The best or nearest so many, or the scores of some. */
export type ServingProgram = `${keyof typeof MOST_OF} ${number}` | 'candidates';

/** How many items programs give of so many: those of the table, and all. */
function sizesOf(kind: keyof typeof MOST_OF, items: number): readonly number[] {
  return [...(items > LARGE ? MOST_OF_LARGE : MOST_OF)[kind].filter((most) => most < items), items];
}

/** The smallest program that gives `k` of so many items, or all. */
export function sizeFor(kind: keyof typeof MOST_OF, k: number, items: number): number {
  return sizesOf(kind, items).find((most) => most >= k) ?? items;
}

/**
 * All programs of a recommender as one graph, `PROGRAM/OUTPUT` each ({@link programOf} takes one out):
 *
 * - `best K`: as `recommendTask`
 * - `candidates`: `items`, and `candidates` int32 [batch, candidates] (0 = none) to `scores` [batch, candidates]
 * - `nearest K`, of a model with hidden states: `item` int32 [batch], and `allowed`, `allowedOf`, `excluded` as `recommendTask`, to `ids` and `values` [batch, K], the
 *   cosines of its row of the item table and theirs
 */
export function servingTask(model: ModelInstance, options: Pick<ScopeOptions, 'tabulated'> = {}): InferenceTask {
  const { items } = model.schema;
  const traced = scoresAfter(model, declareInputs(model), options);
  const { encoded } = traced;
  const barred = barredColumns(model);
  const candidates = input('candidates', ['batch', 'candidates'], 'int32');
  const ranked = (kind: keyof typeof MOST_OF, scores: Tensor): [string, Tensor][] =>
    sizesOf(kind, items).flatMap((most) =>
      Object.entries(bestOf(scores, barred, most)).map(([name, tensor]): [string, Tensor] => [
        `${kind} ${most}/${name}`,
        tensor,
      ]),
    );
  return {
    ...traced,
    graph: createGraph({
      ...Object.fromEntries(ranked('best', traced.scores)),
      ...(encoded === undefined
        ? { 'candidates/scores': gatherLast(traced.scores, candidates) }
        : {
            ...Object.fromEntries(ranked('nearest', cosinesOf(encoded.itemTable, input('item', ['batch'], 'int32')))),
            'candidates/scores': candidateScores(encoded, traced.items, candidates),
          }),
    }),
  };
}

/** Scores of some items after the rows of `items`, `[batch, n]`. */
function candidateScores(encoded: NonNullable<SequenceScores['encoded']>, items: Tensor, candidates: Tensor): Tensor {
  const scores = scoresOfItems(encoded, encoded.hidden, candidates);
  return encoded.seenBias === undefined ? scores : add(scores, mul(isSeen(items, candidates), encoded.seenBias));
}

/** Bytes of tables that a recommender holds beside the parameters, at most. */
const MOST_TABULATED = 64 << 20;

/**
 * All programs of a recommender in two parts. What a model looks up of items is tabulated, unless the catalogue is so large that its tables
 * would be larger than {@link MOST_TABULATED}.
 */
export function splitServing(model: ModelInstance): Hoisted {
  const split = splitWhole(servingTask(model, { tabulated: true }));
  const sizes = [...split.prepare.outputs.values()].map(({ shape }) =>
    shape.reduce<number>((product, size) => product * (typeof size === 'number' ? size : 1), 4),
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return bytes <= MOST_TABULATED ? split : splitWhole(servingTask(model));
}

/** One program of {@link servingTask}, whole or what is left of it once something is computed before. */
export function programOf({ outputs }: Graph, program: ServingProgram): Graph {
  const own = [...outputs].filter(([name]) => name.startsWith(`${program}/`));
  return createGraph(Object.fromEntries(own.map(([name, tensor]) => [name.slice(program.length + 1), tensor])));
}

/** Cosines of some rows of a table with all: `table [n, d], ids [batch] -> [batch, n]`; 0 where a row is all zero. */
function cosinesOf(table: Tensor, ids: Tensor): Tensor {
  const lengths = sqrt(reduceSum(mul(table, table), [1], true));
  const inverse = div(constant(1), maximum(lengths, 1e-12)); // [n, 1]
  const asked = mul(gather(table, ids), gather(inverse, ids));
  return mul(matmul(asked, table, { transB: true }), reshape(inverse, [1, at(table.shape, 0)]));
}
