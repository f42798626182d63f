// What a task computes of parameters and tables alone, such as the item table with its fields: done once, not at every run.
import { hoist, type Backend, type Graph, type Hoisted, type HostTensor } from '@difsr/graph';
import type { ModelInstance } from './definition.js';
import { Owned } from './owned.js';
import type { InferenceTask } from './tasks.js';

/** A task in two parts, for who changes parameters between runs; without item fields all of it is `main`. */
export function splitTask({ config }: Pick<ModelInstance, 'config'>, task: InferenceTask): Hoisted {
  return (config.itemFields ?? 'none') === 'none' ? hoist(task.graph, []) : splitWhole(task);
}

/** A task in two parts, whatever the model. */
export function splitWhole({ graph, parameters, constants }: InferenceTask): Hoisted {
  const fixed = [...parameters, ...constants].map(({ name }) => name).filter((name) => graph.inputs.has(name));
  return hoist(graph, fixed);
}

/** A graph, and every tensor that it reads beside what it is asked. */
export interface Precomputed {
  readonly graph: Graph;
  readonly tensors: Readonly<Record<string, HostTensor>>;
}

/**
 * A task with its parameters, where these stay: without item fields as it is, else with the finished item table in the place of
 * what it is made of.
 *
 * @param tensors The parameters and tables of the task.
 * @param backend Computes what is computed once.
 * @example
 * ```ts
 * const { graph, tensors } = await precompute(run.model, exportTask(run.model, 10), inferenceTensors(run), backend);
 * writeFileSync('model.onnx', toOnnx(graph, { target: 'export', initializers: tensors }));
 * ```
 */
export async function precompute(
  model: Pick<ModelInstance, 'config'>,
  task: InferenceTask,
  tensors: Readonly<Record<string, HostTensor>>,
  backend: Backend,
): Promise<Precomputed> {
  const split = splitTask(model, task);
  return split.hoisted.length === 0 ? { graph: task.graph, tensors } : prepared(split, tensors, backend);
}

/** The second part of a task with the results of the first. */
export async function prepared(
  { prepare, main }: Hoisted,
  tensors: Readonly<Record<string, HostTensor>>,
  backend: Backend,
): Promise<Precomputed> {
  const owned = new Owned();
  try {
    const variables = owned.add(await backend.createVariables(tensors));
    const program = owned.add(await backend.compile(prepare, { variables, label: 'prepare' }));
    const all = { ...tensors, ...(await program.run({})) };
    return { graph: main, tensors: Object.fromEntries(Object.entries(all).filter(([name]) => main.inputs.has(name))) };
  } finally {
    await owned.dispose();
  }
}
