// The reference backend: the interpreter behind the interface that every backend has.
import {
  BackendError,
  checkCompileOptions,
  type Backend,
  type CompileOptions,
  type Feeds,
  type HostTensor,
  type Program,
  type Variables,
} from '../backend.js';
import { formatShape, formatType, GraphError, sameShape } from '../types.js';
import type { Graph } from '../signatures.js';
import { verify } from '../verify.js';
import { interpret, plan } from './interpret.js';
import { fromFeed, fromHost, toHost, type Value } from './values.js';

/** Named values; programs read them by name and swap in new ones after a run. */
class ReferenceVariables implements Variables {
  #values: Map<string, Value> | undefined;

  constructor(values: Readonly<Record<string, HostTensor>>) {
    this.#values = new Map(Object.entries(values).map(([name, host]) => [name, fromHost(name, host)]));
  }

  get values(): ReadonlyMap<string, Value> {
    if (this.#values === undefined) throw new BackendError('these variables were disposed: create new ones');
    return this.#values;
  }

  /** Replaces values that are known to fit, all or none. */
  replace(next: ReadonlyMap<string, Value>): void {
    for (const [name, value] of next) requireSame(name, this.require(name), value);
    for (const [name, value] of next) this.#values?.set(name, value);
  }

  require(name: string): Value {
    const value = this.values.get(name);
    if (value === undefined)
      throw new GraphError(`no variable "${name}"; there are ${[...this.values.keys()].join(', ') || 'none'}`);
    return value;
  }

  async read(names?: readonly string[]): Promise<Record<string, HostTensor>> {
    return Object.fromEntries((names ?? [...this.values.keys()]).map((name) => [name, toHost(this.require(name))]));
  }

  async write(values: Readonly<Record<string, HostTensor>>): Promise<void> {
    this.replace(new Map(Object.entries(values).map(([name, host]) => [name, fromHost(name, host)])));
  }

  async dispose(): Promise<void> {
    this.#values = undefined;
  }
}

function requireSame(name: string, old: Value, next: Value): void {
  if (old.dtype === next.dtype && sameShape(old.shape, next.shape)) return;
  throw new GraphError(
    `variable "${name}" is ${formatType(old)} and keeps that type, got ${next.dtype}${formatShape(next.shape)}`,
  );
}

class ReferenceProgram implements Program {
  readonly #plan: ReturnType<typeof plan>;
  readonly #variables: ReferenceVariables | undefined;
  readonly #updates: ReadonlyMap<string, string>;
  readonly #label: string;
  #state: 'ready' | 'disposed' = 'ready';
  /** The last run that was asked for: the next one waits for it, however it ends. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    graph: Graph,
    variables: ReferenceVariables | undefined,
    updates: ReadonlyMap<string, string>,
    label: string,
  ) {
    this.#plan = plan(graph);
    this.#variables = variables;
    this.#updates = updates;
    this.#label = label;
  }

  run(feeds: Feeds): Promise<Record<string, HostTensor>> {
    const result = this.#last.then(() => this.#runOnce(feeds));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async dispose(): Promise<void> {
    this.#state = 'disposed';
  }

  #runOnce(feeds: Feeds): Record<string, HostTensor> {
    if (this.#state === 'disposed') throw new BackendError(`program "${this.#label}" was disposed`);
    const outputs = interpret(this.#plan, this.#inputs(feeds));
    const updated = new Set(this.#updates.values());
    const next = new Map([...this.#updates].map(([variable, output]) => [variable, outputs.get(output)!] as const)); // compile has checked that the output is there
    const results = [...outputs]
      .filter(([name]) => !updated.has(name))
      .map(([name, value]) => [name, toHost(value)] as const);
    this.#variables?.replace(next);
    return Object.fromEntries(results);
  }

  #inputs(feeds: Feeds): Map<string, Value> {
    const { inputs } = this.#plan.graph;
    const values = new Map<string, Value>();
    for (const [name, value] of this.#variables?.values ?? []) if (inputs.has(name)) values.set(name, value);
    for (const [name, feed] of Object.entries(feeds)) {
      if (values.has(name)) throw new GraphError(`input "${name}" is a variable: write it there instead of feeding it`);
      values.set(name, fromFeed(name, feed));
    }
    return values;
  }
}

/** Checks that every update names a variable and an output that fits it. */
function checkUpdates(
  graph: Graph,
  variables: ReferenceVariables | undefined,
  updates: ReadonlyMap<string, string>,
): void {
  for (const [name, output] of updates) {
    if (variables === undefined)
      throw new GraphError(`an update of "${name}" needs the variables: pass them as options.variables`);
    const variable = variables.require(name);
    const tensor = graph.outputs.get(output);
    if (tensor === undefined)
      throw new GraphError(
        `update of "${name}": no output "${output}"; outputs are ${[...graph.outputs.keys()].join(', ')}`,
      );
    const fits =
      tensor.shape.length === variable.shape.length &&
      tensor.shape.every((dim, axis) => typeof dim === 'string' || dim === variable.shape[axis]);
    if (tensor.dtype !== variable.dtype || !fits)
      throw new GraphError(
        `update of "${name}" (${formatType(variable)}) with output "${output}" (${formatType(tensor)})`,
      );
  }
}

class ReferenceBackend implements Backend {
  readonly name = 'reference';
  readonly device = 'cpu';
  readonly #open = new Set<{ dispose(): Promise<void> }>();
  #disposed = false;

  async createVariables(values: Readonly<Record<string, HostTensor>>): Promise<Variables> {
    this.#requireAlive();
    const variables = new ReferenceVariables(values);
    this.#open.add(variables);
    return variables;
  }

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Program> {
    this.#requireAlive();
    checkCompileOptions(options);
    verify(graph);
    const { variables, updates = {}, label = 'program' } = options;
    if (variables !== undefined && !(variables instanceof ReferenceVariables)) {
      throw new BackendError('these variables belong to another backend: create them with createVariables of this one');
    }
    const byName = new Map(Object.entries(updates));
    checkUpdates(graph, variables, byName);
    const program = new ReferenceProgram(graph, variables, byName, label);
    this.#open.add(program);
    return program;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#open].map((part) => part.dispose()));
    this.#open.clear();
  }

  #requireAlive(): void {
    if (this.#disposed) throw new BackendError('the reference backend was disposed: create a new one');
  }
}

/**
 * The backend that every other is tested against: plain TypeScript, one thread, float64 where a graph says float32
 * (such tensors come back as Float64Array).
 *
 * @example
 * ```ts
 * const backend = createReferenceBackend();
 * const program = await backend.compile(createGraph({ y: mul(input('x', []), 2) }));
 * const { y } = await program.run({ x: { dtype: 'float32', shape: [], data: Float64Array.of(21) } });
 * ```
 */
export function createReferenceBackend(): Backend {
  return new ReferenceBackend();
}
