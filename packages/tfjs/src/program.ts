// A compiled program: a planned graph, fed from variables and from the caller; updates replace variables only after a run
// whose results have arrived.
import {
  BackendError,
  bindInputs,
  GraphError,
  type CompileOptions,
  type Feeds,
  type Graph,
  type HostTensor,
  type Program,
} from '@difsr/graph';
import { checkVariables, disposed, type Turns, type VariableType } from '@difsr/graph/backend-parts';
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { onDevice } from './devices.js';
import { runOwn } from './execute.js';
import { feedTensor, hostTensor, typeOfFeed } from './feeds.js';
import { alias } from './kernel.js';
import type { TfjsVariables } from './variables.js';

/** What a program is made of. */
export interface ProgramParts {
  readonly graph: Graph;
  readonly device: string;
  readonly turns: Turns;
  readonly variables: TfjsVariables | undefined;
  /** Called when the program is disposed. */
  readonly forget: (program: TfjsProgram) => void;
}

/** A program of the tfjs backend. */
export class TfjsProgram implements Program {
  readonly #parts: ProgramParts;
  readonly #label: string;
  /** Inputs read from the variables. */
  readonly #bound: readonly string[];
  /** Variable -> output. */
  readonly #updates: ReadonlyMap<string, string>;
  #disposed = false;

  constructor(parts: ProgramParts, { updates = {}, label = 'program' }: CompileOptions) {
    this.#parts = parts;
    this.#label = label;
    this.#updates = new Map(Object.entries(updates));
    const types = parts.variables?.types ?? new Map<string, VariableType>();
    this.#bound = [...parts.graph.inputs.keys()].filter((name) => types.has(name));
    checkVariables(parts.graph, updates, types, label);
  }

  run(feeds: Feeds): Promise<Record<string, HostTensor>> {
    return this.#parts.turns.take(() => this.#run(feeds));
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#parts.forget(this);
    await Promise.resolve();
  }

  async #run(feeds: Feeds): Promise<Record<string, HostTensor>> {
    const { variables } = this.#parts;
    if (this.#disposed) throw disposed(`program "${this.#label}"`);
    this.#check(feeds);
    const outputs = this.#compute(feeds);
    try {
      const updating = new Set(this.#updates.values());
      const returned = Object.entries(outputs).filter(([name]) => !updating.has(name));
      const results = await Promise.all(
        returned.map(async ([name, tensor]) => [name, await hostTensor(tensor)] as const),
      );
      if (variables !== undefined && this.#updates.size > 0) this.#update(variables, outputs);
      return Object.fromEntries(results);
    } finally {
      for (const tensor of Object.values(outputs)) tensor.dispose();
    }
  }

  /** Hands handles of their own over to the variables, so that two of them may take one output. */
  #update(variables: TfjsVariables, outputs: Readonly<Record<string, TfTensor>>): void {
    const next = new Map<string, TfTensor>();
    onDevice(this.#parts.device, () => {
      for (const [variable, output] of this.#updates) next.set(variable, handleOf(outputs, output));
    });
    try {
      variables.replace(next);
    } catch (error) {
      for (const tensor of next.values()) tensor.dispose();
      throw error;
    }
  }

  /** Inputs against what the graph declares, before anything is made on the device. */
  #check(feeds: Feeds): void {
    const given = new Map<string, VariableType>();
    for (const [name, feed] of Object.entries(feeds)) given.set(name, typeOfFeed(feed));
    for (const name of this.#bound) {
      if (given.has(name))
        throw new GraphError(
          `program "${this.#label}": "${name}" is a variable and cannot be fed: use write() of the variables`,
        );
      const type = this.#parts.variables?.types.get(name);
      if (type !== undefined) given.set(name, type);
    }
    bindInputs(this.#parts.graph.inputs, given);
  }

  #compute(feeds: Feeds): Record<string, TfTensor> {
    const { graph, device, variables } = this.#parts;
    const own: TfTensor[] = [];
    return onDevice(device, () => {
      try {
        const inputs: Record<string, TfTensor> = {};
        for (const name of this.#bound) if (variables !== undefined) inputs[name] = variables.current(name);
        for (const [name, feed] of Object.entries(feeds)) {
          const tensor = feedTensor(name, feed);
          own.push(tensor);
          inputs[name] = tensor;
        }
        return runOwn(graph, inputs);
      } catch (error) {
        if (error instanceof GraphError || error instanceof BackendError) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        throw new BackendError(`program "${this.#label}" failed: ${reason}`, { cause: error });
      } finally {
        for (const tensor of own) tensor.dispose();
      }
    });
  }
}

function handleOf(outputs: Readonly<Record<string, TfTensor>>, name: string): TfTensor {
  const tensor = outputs[name];
  if (tensor === undefined) throw new GraphError(`the run gave no output "${name}"`);
  return alias(tensor);
}
