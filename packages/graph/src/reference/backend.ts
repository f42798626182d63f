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
import { checkVariables, disposed, Slots, Turns, type VariableType } from '../backend-parts/index.js';
import { GraphError } from '../types.js';
import type { Graph } from '../signatures.js';
import { verify } from '../verify.js';
import { interpret, plan } from './interpret.js';
import { fromFeed, fromHost, toHost, type Value } from './values.js';

interface Slot extends VariableType {
  value: Value;
}

/** Named values; programs read them by name and swap in new ones after a run. */
class ReferenceVariables implements Variables {
  readonly #slots: Slots<Slot>;
  readonly #turns: Turns;

  constructor(values: Readonly<Record<string, HostTensor>>, turns: Turns) {
    this.#turns = turns;
    this.#slots = new Slots(
      Object.entries(values).map(([name, host]): [string, Slot] => {
        const value = fromHost(name, host);
        return [name, { dtype: value.dtype, shape: value.shape, value }];
      }),
    );
  }

  get slots(): ReadonlyMap<string, Slot> {
    return this.#slots.all;
  }

  /** Replaces values, all or none. */
  replace(next: ReadonlyMap<string, Value>): void {
    const taken = [...next].map(([name, value]) => [this.#slots.fitting(name, value), value] as const);
    for (const [slot, value] of taken) slot.value = value;
  }

  read(names?: readonly string[]): Promise<Record<string, HostTensor>> {
    return this.#turns.take(() =>
      Object.fromEntries((names ?? [...this.slots.keys()]).map((name) => [name, toHost(this.#slots.slot(name).value)])),
    );
  }

  write(values: Readonly<Record<string, HostTensor>>): Promise<void> {
    return this.#turns.take(() =>
      this.replace(new Map(Object.entries(values).map(([name, host]) => [name, fromHost(name, host)]))),
    );
  }

  dispose(): Promise<void> {
    return this.#turns.takeAlways(() => void this.#slots.close());
  }
}

/** What a program is made of. */
interface Parts {
  readonly graph: Graph;
  readonly variables: ReferenceVariables | undefined;
  readonly updates: Readonly<Record<string, string>>;
  readonly label: string;
  readonly turns: Turns;
}

class ReferenceProgram implements Program {
  readonly #parts: Parts;
  readonly #plan: ReturnType<typeof plan>;
  #disposed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#plan = plan(parts.graph);
  }

  run(feeds: Feeds): Promise<Record<string, HostTensor>> {
    return this.#parts.turns.take(() => this.#runOnce(feeds));
  }

  dispose(): Promise<void> {
    return this.#parts.turns.takeAlways(() => {
      this.#disposed = true;
    });
  }

  #runOnce(feeds: Feeds): Record<string, HostTensor> {
    const { variables, updates, label } = this.#parts;
    if (this.#disposed) throw disposed(`program "${label}"`);
    const outputs = interpret(this.#plan, this.#inputs(feeds));
    const updated = new Set(Object.values(updates));
    const next = new Map(Object.entries(updates).map(([name, output]) => [name, outputs.get(output)!] as const)); // compile has checked that the output is there
    const results = [...outputs]
      .filter(([name]) => !updated.has(name))
      .map(([name, value]) => [name, toHost(value)] as const);
    variables?.replace(next);
    return Object.fromEntries(results);
  }

  #inputs(feeds: Feeds): Map<string, Value> {
    const { inputs } = this.#plan.graph;
    const values = new Map<string, Value>();
    for (const [name, { value }] of this.#parts.variables?.slots ?? []) if (inputs.has(name)) values.set(name, value);
    for (const [name, feed] of Object.entries(feeds)) {
      if (values.has(name)) throw new GraphError(`input "${name}" is a variable: write it there instead of feeding it`);
      values.set(name, fromFeed(name, feed));
    }
    return values;
  }
}

class ReferenceBackend implements Backend {
  readonly recipe = { module: import.meta.url, create: 'createReferenceBackend', options: {} };
  readonly name = 'reference';
  readonly device = 'cpu';
  readonly #turns = new Turns('the reference backend');

  createVariables(values: Readonly<Record<string, HostTensor>>): Promise<Variables> {
    return this.#turns.take(() => new ReferenceVariables(values, this.#turns));
  }

  compile(graph: Graph, options: CompileOptions = {}): Promise<Program> {
    return this.#turns.take(() => {
      checkCompileOptions(options);
      verify(graph);
      const { variables, updates = {}, label = 'program' } = options;
      if (variables !== undefined && !(variables instanceof ReferenceVariables))
        throw new BackendError(
          'these variables belong to another backend: create them with createVariables of this one',
        );
      checkVariables(graph, updates, variables?.slots ?? new Map(), label);
      return new ReferenceProgram({ graph, variables, updates, label, turns: this.#turns });
    });
  }

  dispose(): Promise<void> {
    return this.#turns.close();
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
