// How strongly training pulls at each source of a place: gradients of the run's training loss at its weights, over batches of its training.
// No step is made; dropout is off, so that what is told apart is the sources and not the masks.
// An index with `!` is in range by construction.
import {
  constant,
  createGraph,
  add,
  differentiate,
  mul,
  optimize,
  reduceSum,
  sub,
  type Backend,
  type HostTensor,
  type Tensor,
} from '@difsr/graph';
import { countedLaw, observed, Owned, type ItemLaw } from '@difsr/models';
import { featureTables, planOf, planStoredEpoch } from '@difsr/training';
import { sourceName } from './matrices.js';
import type { Subject } from './subject.js';
import type { Available, GradientAnalysis, SourceGradient } from './types.js';

/** A source's gradient, `[batch, length, width]`. */
interface Pull {
  readonly source: string;
  readonly gradient: Tensor;
}

/** Gradients by source over `steps` batches, evenly chosen from the first epoch. */
export async function sourceGradients(
  subject: Subject,
  backend: Backend,
  steps: number,
): Promise<Available<GradientAnalysis>> {
  const { run, store, sides, dataset } = subject;
  const { model } = run;
  if (model.count !== undefined) return { unavailable: `${model.name} is counted: it has no gradients` };
  const { traced, seen, scope } = observed((own) => model.objective.loss(model, own));
  const pulls = seen.sources.flatMap(({ source, tensors }): Pull[] => {
    // Of several, such as positions that every layer has its own of, the sum.
    const found = differentiate([[traced.loss, constant(1)]], tensors).filter((each) => each !== undefined);
    const [first, ...others] = found;
    return first === undefined
      ? []
      : [{ source: sourceName(source), gradient: others.reduce((a, b) => add(a, b), first) }];
  });
  if (pulls.length === 0)
    return {
      unavailable: `${model.name} tells of no sources: its input is not one of those of the family (items, fields, positions)`,
    };
  const tables = featureTables(dataset, run.vocabulary.schema);
  const declared = [...scope.parameters.map(({ spec }) => spec), ...scope.constants].map(({ name }) => name);
  const tensors: Record<string, HostTensor> = {};
  for (const name of declared) {
    const found = run.tensors[name] ?? tables[name];
    if (found === undefined) return { unavailable: `the run does not keep "${name}", which its training loss reads` };
    tensors[name] = found;
  }
  const graph = optimize(createGraph({ loss: traced.loss, ...traced.parts, ...outputsOf(pulls) }));
  const owned = new Owned();
  try {
    const used = Object.fromEntries(Object.entries(tensors).filter(([name]) => graph.inputs.has(name)));
    const variables = owned.add(await backend.createVariables(used));
    const program = owned.add(await backend.compile(graph, { variables, label: 'analyze-gradients' }));
    const { training } = run.config;
    const plan = planStoredEpoch({ store, sides, epoch: 0, ...planOf(model, training) });
    const count = Math.min(steps, plan.steps);
    let law: ItemLaw | undefined;
    const popularity = (): ItemLaw => (law ??= countedLaw(run.vocabulary.counts));
    const sums = new Sums(pulls.map(({ source }) => source));
    for (let i = 0; i < count; i++) {
      const step = Math.floor((i * plan.steps) / count);
      const batch = model.objective.batch(model, await plan.windows(step), { seed: training.seed, step, popularity });
      const feeds = Object.fromEntries(Object.entries(batch.feeds).filter(([name]) => graph.inputs.has(name)));
      const items = batch.feeds['items'];
      if (items === undefined || !('data' in items)) return { unavailable: `${model.name} is not fed items` };
      sums.add(await program.run(feeds), items.data, batch.slots, ['loss', ...Object.keys(traced.parts)]);
      sums.targets += batch.targets;
    }
    return sums.result(count);
  } finally {
    await owned.dispose();
  }
}

/** Squares of norms at every place, `[batch, length]`, and how each source stands to the item. */
function outputsOf(pulls: readonly Pull[]): Record<string, Tensor> {
  const item = pulls.find(({ source }) => source === 'item');
  return Object.fromEntries(
    pulls.flatMap(({ gradient }, j) => {
      const squares = [`square.${j}`, reduceSum(mul(gradient, gradient), [2])] as const;
      if (item === undefined || pulls[j] === item || String(gradient.shape) !== String(item.gradient.shape))
        return [squares];
      const apart = sub(gradient, item.gradient);
      return [
        squares,
        [`apart.${j}`, reduceSum(mul(apart, apart), [2])] as const,
        [`product.${j}`, reduceSum(mul(gradient, item.gradient), [2])] as const,
      ];
    }),
  );
}

/** What adds up over steps. */
class Sums {
  targets = 0;
  #places = 0;
  readonly #losses: Record<string, number> = {};
  readonly #sources: readonly string[];
  readonly #norms: number[];
  readonly #apart: { squares: number; cosines: number; places: number; seen: boolean }[];
  #itemSquares = 0;

  constructor(sources: readonly string[]) {
    this.#sources = sources;
    this.#norms = sources.map(() => 0);
    this.#apart = sources.map(() => ({ squares: 0, cosines: 0, places: 0, seen: false }));
  }

  /** @param slots Each target weighs one over them: gradients are of the sum of losses. */
  add(
    values: Readonly<Record<string, HostTensor>>,
    items: ArrayLike<number>,
    slots: number,
    losses: readonly string[],
  ): void {
    for (const name of losses) this.#losses[name] = (this.#losses[name] ?? 0) + (values[name]?.data[0] ?? Number.NaN);
    const item = values[`square.${this.#sources.indexOf('item')}`];
    for (let place = 0; place < items.length; place++) {
      if (items[place] === 0) continue;
      this.#places++;
      const ofItem = item?.data[place] ?? 0;
      this.#itemSquares += ofItem;
      for (let j = 0; j < this.#sources.length; j++) {
        const square = values[`square.${j}`]?.data[place] ?? Number.NaN;
        this.#norms[j]! += slots * Math.sqrt(square);
        const product = values[`product.${j}`]?.data[place];
        if (product === undefined) continue;
        const own = this.#apart[j]!;
        own.seen = true;
        own.squares += values[`apart.${j}`]?.data[place] ?? Number.NaN;
        // A place that no target depends on has no direction.
        if (square === 0 || ofItem === 0) continue;
        own.cosines += product / Math.sqrt(square * ofItem);
        own.places++;
      }
    }
  }

  result(steps: number): GradientAnalysis {
    const places = this.#places;
    return {
      steps,
      places,
      targets: this.targets,
      losses: Object.fromEntries(Object.entries(this.#losses).map(([name, sum]) => [name, sum / steps])),
      sources: this.#sources.map((source, j): SourceGradient => {
        const { squares, cosines, places: directed, seen } = this.#apart[j]!;
        const magnitude = this.#norms[j]! / places;
        if (!seen) return { source, magnitude };
        const difference = Math.sqrt(squares / this.#itemSquares);
        return { source, magnitude, toItem: { difference, cosine: directed === 0 ? 0 : cosines / directed } };
      }),
    };
  }
}
