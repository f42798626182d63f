// Starts the replicas of a training: what each is told.
import { setting, text } from '@difsr/errors';
import {
  splitTrainingStep,
  type Backend,
  type BackendRecipe,
  type Graph,
  type HostTensor,
  type TrainingStepOptions,
  type Variables,
} from '@difsr/graph';
import type { Objective, TrainingTask } from '@difsr/models';
import { RunError } from '../run-error.js';
import type { Floats } from './collective.js';
import { layoutOf, type Layout } from './layout.js';
import { Replicas } from './replicas.js';

/** What replicas are started from. */
export interface StartReplicas {
  readonly size: number;
  readonly backend: Backend;
  readonly task: TrainingTask;
  readonly objective: Objective;
  /** The step that one worker would take. */
  readonly step: TrainingStepOptions;
  /** Has parameters, the state of the optimizer (of those names) and tables of the data. */
  readonly variables: Variables;
  readonly state: readonly string[];
  readonly tables: Readonly<Record<string, HostTensor>>;
}

/** How replicas of a backend are made. @throws RunError where it cannot be made in other threads */
export function recipeOf({ recipe, name, device }: Backend, size: number): BackendRecipe {
  if (recipe !== undefined) return recipe;
  throw new RunError({
    where: setting('training.replicas', size),
    what: `the backend ${name} on ${device} has no replicas`,
    cure: text`leave ${setting('training.replicas')} out, or use ${setting('backend', 'onnxruntime')} with ${setting('device', 'cpu')}`,
  });
}

/** @throws RunError where the backend cannot be made in other threads; BackendError where one of them cannot compile */
export async function startReplicas(given: StartReplicas): Promise<Replicas> {
  const { size, backend, task, objective, step, variables, state, tables } = given;
  const recipe = recipeOf(backend, size);
  const layout = layoutOf(task.trained);
  const values = await variables.read([...task.parameters.map(({ name }) => name), ...state]);
  const trained = new Set(layout.parameters.map(({ name }) => name));
  const frozen = Object.entries(values).filter(
    ([name]) => !trained.has(name) && task.parameters.some((parameter) => parameter.name === name),
  );
  const { reported = {} } = step;
  const { others = [], loss = step.loss } = task.ofTargets ?? {};
  const gradientOf = (own: TrainingStepOptions): Graph => splitTrainingStep(own).gradient;
  const first = gradientOf(step);
  const common = {
    layout,
    optimizer: step.optimizer,
    clipNorm: step.clipNorm,
    constants: { ...tables, ...Object.fromEntries(frozen) },
    parameters: vectorOf(layout.length, layout.parameters, values, (name) => name),
    state: Object.fromEntries(
      kindsOf(layout, state).map((kind) => [
        kind,
        vectorOf(layout.length, layout.packs, values, (name) => `${kind}.${name}`),
      ]),
    ),
  };
  const rest =
    task.ofTargets === undefined
      ? first
      : gradientOf({
          ...step,
          loss,
          reported: Object.fromEntries(Object.entries(reported).filter(([name]) => !others.includes(name))),
        });
  return Replicas.start({
    size,
    recipe,
    objective,
    first: { ...common, gradient: first },
    task: { ...common, gradient: rest },
  });
}

/** What the optimizer remembers of each element: `adam.m` of a state variable `adam.m.PACK`. */
function kindsOf({ packs }: Layout, state: readonly string[]): string[] {
  const longestFirst = packs.map(({ name }) => `.${name}`).sort((a, b) => b.length - a.length);
  const kinds = state.map((variable) => {
    const pack = longestFirst.find((name) => variable.endsWith(name)) ?? '';
    return variable.slice(0, variable.length - pack.length);
  });
  return [...new Set(kinds)];
}

function vectorOf(
  length: number,
  places: Layout['parameters'],
  values: Readonly<Record<string, HostTensor>>,
  nameOf: (name: string) => string,
): Floats {
  const isDouble = Object.values(values).some(({ data }) => data instanceof Float64Array);
  const vector = isDouble ? new Float64Array(length) : new Float32Array(length);
  for (const { name, start } of places) {
    const value = values[nameOf(name)];
    if (value !== undefined) vector.set(value.data, start);
  }
  return vector;
}
