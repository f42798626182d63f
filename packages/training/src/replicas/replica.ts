// One of several workers that train together: it has all parameters, computes the gradients of its part of each step, and updates its
// share of the parameters with what all have computed.
import {
  createGraph,
  input,
  optimizerStep,
  sizeOf,
  type Backend,
  type Feeds,
  type Graph,
  type HostTensor,
  type OptimizerConfig,
  type Program,
  type Variables,
} from '@difsr/graph';
import { Owned } from '@difsr/models';
import type { Collective, Floats } from './collective.js';
import { sharesOf, type Area, type Layout } from './layout.js';

/** What a worker is told; plain data. */
export interface ReplicaTask {
  /** Outputs: `gradient.NAME` of every trained parameter, and what a step reports. */
  readonly gradient: Graph;
  readonly layout: Layout;
  readonly optimizer: OptimizerConfig;
  readonly clipNorm: number | undefined;
  /** What gradients read and nothing changes: tables of the data, frozen parameters. */
  readonly constants: Readonly<Record<string, HostTensor>>;
  /** All parameters that are trained, and the state of the optimizer by kind (`adam.m`), as vectors of the layout. */
  readonly parameters: Floats;
  readonly state: Readonly<Record<string, Floats>>;
}

/** What a step reports, by name. */
export type Reported = Record<string, HostTensor>;

/** The graph of a share's update: inputs and outputs by area. */
function updateOf(optimizer: OptimizerConfig, areas: readonly Area[]): ReturnType<typeof optimizerStep> {
  return optimizerStep(
    optimizer,
    areas.map(({ name, start, end, decay, group }) => ({
      name,
      tensor: input(name, [end - start]),
      gradient: input(`gradient.${name}`, [end - start]),
      decay,
      ...(group === undefined ? {} : { group }),
    })),
  );
}

/** The programs of a worker, and the optimizer's state; no update where its share is empty. */
interface Compiled {
  readonly gradient: Program;
  readonly update?: { readonly program: Program; readonly scalars: ReadonlySet<string>; readonly state: Variables };
}

async function compiled(
  { gradient, constants, optimizer, state }: ReplicaTask,
  areas: readonly Area[],
  backend: Backend,
  owned: Owned,
): Promise<Compiled> {
  const variables = owned.add(await backend.createVariables(constants));
  const differ = owned.add(await backend.compile(gradient, { variables, label: 'gradient' }));
  if (areas.length === 0) return { gradient: differ };
  const { updates, state: shapes } = updateOf(optimizer, areas);
  const graph = createGraph(Object.fromEntries([...updates].map(([name, tensor]) => [`next.${name}`, tensor])));
  const values = Object.entries(state).flatMap(([kind, vector]) =>
    areas.map(({ name, start, end }): [string, HostTensor] => [
      `${kind}.${name}`,
      { dtype: 'float32', shape: [end - start], data: vector.slice(start, end) },
    ]),
  );
  const own = owned.add(await backend.createVariables(Object.fromEntries(values)));
  const remembered = Object.fromEntries([...shapes.keys()].map((name) => [name, `next.${name}`]));
  const program = owned.add(await backend.compile(graph, { variables: own, updates: remembered, label: 'update' }));
  const scalars = new Set([...graph.inputs.keys()].filter((name) => name.startsWith('optimizer.')));
  return { gradient: differ, update: { program, scalars, state: own } };
}

/** See the head of the module. */
export class Replica {
  readonly #collective: Collective;
  readonly #task: ReplicaTask;
  readonly #compiled: Compiled;
  readonly #shares: readonly (readonly Area[])[];
  /** Its own. */
  readonly #areas: readonly Area[];
  readonly #parameters: Floats;
  readonly #gradients: Floats;
  /** Views of the parameters, as they are fed. */
  readonly #fed: Readonly<Record<string, HostTensor>>;

  private constructor(
    collective: Collective,
    task: ReplicaTask,
    shares: readonly (readonly Area[])[],
    programs: Compiled,
  ) {
    const { parameters } = task;
    this.#collective = collective;
    this.#task = task;
    this.#compiled = programs;
    this.#shares = shares;
    this.#areas = shares[collective.rank] ?? [];
    this.#parameters = parameters;
    this.#gradients = parameters.slice();
    this.#fed = Object.fromEntries(
      task.layout.parameters.map(({ name, start, shape }) => [
        name,
        { dtype: 'float32', shape, data: parameters.subarray(start, start + sizeOf(shape)) },
      ]),
    );
  }

  /** @param backend Stays the caller's. */
  static async open(backend: Backend, collective: Collective, task: ReplicaTask): Promise<Replica> {
    const shares = sharesOf(task.layout, collective.size);
    const owned = new Owned();
    try {
      const programs = await compiled(task, shares[collective.rank] ?? [], backend, owned);
      return new Replica(collective, task, shares, programs);
    } catch (error) {
      await owned.dispose();
      throw error;
    }
  }

  /**
   * Takes part in a step.
   *
   * @param feeds Its part of the batch, and the optimizer's scalars.
   */
  async step(feeds: Feeds): Promise<Reported> {
    const { gradient, layout, clipNorm } = this.#task;
    const batch = Object.entries(feeds).filter(([name]) => gradient.inputs.has(name));
    const results = await this.#compiled.gradient.run({ ...Object.fromEntries(batch), ...this.#fed });
    for (const { name, start } of layout.parameters) {
      const found = results[`gradient.${name}`];
      if (found !== undefined) this.#gradients.set(found.data, start);
    }
    this.#collective.reduceScatter(this.#gradients, this.#shares);
    if (clipNorm !== undefined) this.#clip(clipNorm, feeds);
    await this.#updateShare(feeds);
    this.#collective.allGather(this.#parameters, this.#shares);
    return Object.fromEntries(Object.entries(results).filter(([name]) => !name.startsWith('gradient.')));
  }

  /** Scales the gradients of its share as their common norm over all workers asks for. */
  #clip(clipNorm: number, feeds: Feeds): void {
    let squares = 0;
    const on = this.#areas.filter(({ group }) => group === undefined || scalarOf(feeds, `optimizer.on.${group}`) > 0.5);
    for (const { start, end } of on) for (const value of this.#gradients.subarray(start, end)) squares += value * value;
    const total = this.#gradients.slice(0, 1).fill(squares);
    this.#collective.allReduce(total);
    const factor = Math.min(1, clipNorm / (Math.sqrt(total[0] ?? 0) + 1e-12));
    if (factor === 1) return;
    for (const { start, end } of this.#areas) {
      const own = this.#gradients.subarray(start, end);
      for (let i = 0; i < own.length; i++) own[i] = (own[i] ?? 0) * factor;
    }
  }

  async #updateShare(feeds: Feeds): Promise<void> {
    const { update } = this.#compiled;
    if (update === undefined) return;
    const { program, scalars } = update;
    const given: Record<string, HostTensor> = {};
    for (const { name, start, end } of this.#areas) {
      const shape = [end - start];
      given[name] = { dtype: 'float32', shape, data: this.#parameters.subarray(start, end) };
      given[`gradient.${name}`] = { dtype: 'float32', shape, data: this.#gradients.subarray(start, end) };
    }
    const own = Object.entries(feeds).filter(([name]) => scalars.has(name));
    const next = await program.run({ ...given, ...Object.fromEntries(own) });
    for (const { name, start } of this.#areas) {
      const found = next[`next.${name}`];
      if (found !== undefined) this.#parameters.set(found.data, start);
    }
  }

  /** All parameters, as a vector of the layout; a copy. */
  parameters(): Floats {
    return this.#parameters.slice();
  }

  /** The state of the optimizer by kind and area (`adam.m.decay`), of its share. */
  async state(): Promise<Record<string, HostTensor>> {
    return (await this.#compiled.update?.state.read()) ?? {};
  }
}

function scalarOf(feeds: Feeds, name: string): number {
  const feed = feeds[name];
  return feed === undefined || 'mask' in feed ? Number.NaN : (feed.data[0] ?? Number.NaN);
}
