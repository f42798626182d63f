// Matrices of the attentions of a run over histories, by the interpreter in float64: nothing but what they depend on is computed.
import { createGraph, evaluate, type Feeds, type HostTensor, type Tensor } from '@difsr/graph';
import { declareInputs, observed, type ModelInstance, type Observed, type Source } from '@difsr/models';
import type { Run } from '@difsr/training';

/** A name for people and for JSON. */
export function sourceName(source: Source): string {
  return source.kind === 'field' ? source.field : source.kind;
}

/** What is seen of a model when it is asked for what comes next. */
export function seenWhenAsked(model: ModelInstance): Observed {
  return observed((scope) => model.trace(scope, model.objective.query(model, declareInputs(model)))).seen;
}

/** Values of tensors of a run, `[batch, heads, n, n]` each. */
export type Values = Readonly<Record<string, HostTensor>>;

/** Evaluates tensors of a run on what it is fed. */
export function evaluateOf(run: Run, outputs: Readonly<Record<string, Tensor>>, feeds: Feeds): Values {
  const graph = createGraph(outputs);
  const needed = Object.entries({ ...run.tensors, ...feeds }).filter(([name]) => graph.inputs.has(name));
  return evaluate(graph, Object.fromEntries(needed));
}

/** How many heads a tensor of scores has. */
export function headsOf(value: HostTensor | undefined): number {
  return value?.shape[1] ?? 0;
}

/** The first `n` rows and columns of one head in one row of the batch, row by row; scores that do not depend on the batch have one for all. */
export function matrixOf(value: HostTensor, row: number, head: number, n: number): Float64Array {
  const [batch = 1, heads = 1, , size = 1] = value.shape;
  const begin = ((batch === 1 ? 0 : row) * heads + head) * size * size;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) matrix[i * n + j] = value.data[begin + i * size + j] ?? Number.NaN;
  return matrix;
}
