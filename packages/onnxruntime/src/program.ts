// A compiled program: one session for all shapes, fed from variables and from the caller, its updates swapped in only
// after a run that succeeded.
import { faultAt } from '@difsr/errors';
import {
  BackendError,
  bindInputs,
  GraphError,
  maskOf,
  sizeOf,
  type DType,
  type Feeds,
  type HostTensor,
  type MaskFeed,
  type Program,
} from '@difsr/graph';
import { disposed, hostArray, type Turns } from '@difsr/graph/backend-parts';
import { checkSizes, inputTensors, type ProgramDescription } from './description.js';
import { hostTensor } from './host.js';
import type { OrtSession, OrtTensor, OrtTensors, Runtime } from './runtime.js';
import { missingFloat16 } from './session.js';
import { RunTimer, type Tracer } from './trace.js';
import type { OrtVariables } from './variables.js';

/** What a program is made of. */
export interface ProgramParts {
  readonly description: ProgramDescription;
  readonly runtime: Runtime;
  readonly session: OrtSession;
  readonly variables: OrtVariables | undefined;
  readonly turns: Turns;
  readonly tracer: Tracer;
  /** Called when the program is disposed. */
  readonly forget: (program: OrtProgram) => void;
}

/** A program of the in-thread backend. */
export class OrtProgram implements Program {
  readonly #parts: ProgramParts;
  readonly #inputs: ReturnType<typeof inputTensors>;
  /** Inputs read from the variables. */
  readonly #bound: readonly string[];
  readonly #updates: readonly (readonly [variable: string, output: string])[];
  readonly #returned: ProgramDescription['outputs'];
  readonly #masks = new Map<string, Uint8Array>();
  readonly #timer: RunTimer;
  #disposed = false;

  constructor(parts: ProgramParts) {
    this.#parts = parts;
    const { description, variables } = parts;
    this.#inputs = inputTensors(description);
    this.#bound = variables === undefined ? [] : [...this.#inputs.keys()].filter((name) => variables.types.has(name));
    const onnxNames = new Map(description.outputs.map(({ name, onnxName }) => [name, onnxName]));
    const updating = new Set(Object.values(description.updates));
    this.#updates = Object.entries(description.updates).map(([variable, output]) => [
      variable,
      onnxNames.get(output) ?? output,
    ]);
    this.#returned = description.outputs.filter(({ name }) => !updating.has(name));
    variables?.prepareUpdates(this.#updates.map(([variable]) => variable));
    this.#timer = new RunTimer(description.label, parts.tracer);
  }

  run(feeds: Feeds): Promise<Record<string, HostTensor>> {
    return this.#parts.turns.take(() => this.#run(feeds));
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#masks.clear();
    this.#timer.report();
    this.#parts.forget(this);
    await this.#parts.turns.takeAlways(() => this.#parts.session.release());
  }

  async #run(feeds: Feeds): Promise<Record<string, HostTensor>> {
    const { description, session, variables } = this.#parts;
    if (this.#disposed) throw disposed(`program "${description.label}"`);
    const inputs = this.#collect(feeds);
    const fetches: Record<string, OrtTensor | null> = {};
    for (const { onnxName } of this.#returned) fetches[onnxName] = null;
    for (const [variable, output] of this.#updates)
      if (variables !== undefined) fetches[output] = variables.spare(variable);
    const start = performance.now();
    let results: OrtTensors;
    try {
      // ONNX Runtime's map of results holds copies of what it wrote in place, too: they are dropped with this scope.
      results = { ...(await session.run(inputs, fetches)) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new BackendError(
        faultAt(`program "${description.label}" failed`, missingFloat16(reason) ?? { what: reason }),
        {
          cause: error,
        },
      );
    }
    this.#timer.record(performance.now() - start);
    variables?.takeOver(this.#updates, results);
    const returned: Record<string, HostTensor> = {};
    for (const { name, onnxName, dtype } of this.#returned) {
      const result = results[onnxName];
      if (result === undefined)
        throw new BackendError(`program "${description.label}" did not return output "${name}"`);
      returned[name] = hostTensor(dtype, result);
    }
    return returned;
  }

  /** All inputs of a run, checked against each other. */
  #collect(feeds: Feeds): Record<string, OrtTensor> {
    const { description, runtime, variables } = this.#parts;
    const given = new Map<string, { readonly dtype: DType; readonly shape: readonly number[] }>();
    for (const [name, feed] of Object.entries(feeds))
      given.set(name, 'mask' in feed ? { dtype: 'bool', shape: feed.shape } : feed);
    const inputs: Record<string, OrtTensor> = {};
    for (const name of this.#bound) {
      if (given.has(name))
        throw new GraphError(
          `program "${description.label}": "${name}" is a variable and cannot be fed: use write() of the variables`,
        );
      const type = variables?.types.get(name);
      if (type !== undefined) given.set(name, type);
      if (variables !== undefined) inputs[name] = variables.current(name);
    }
    checkSizes(description, bindInputs(this.#inputs, given));
    for (const [name, feed] of Object.entries(feeds)) {
      inputs[name] =
        'mask' in feed ? this.#mask(name, feed) : runtime.tensor(feed.dtype, hostArray(name, feed), feed.shape);
    }
    return inputs;
  }

  /** Fills a mask into this input's buffer, which grows to the largest that was asked for. */
  #mask(name: string, feed: MaskFeed): OrtTensor {
    const size = sizeOf(feed.shape);
    let buffer = this.#masks.get(name);
    if (buffer === undefined || buffer.length < size) {
      buffer = new Uint8Array(size);
      this.#masks.set(name, buffer);
    }
    return this.#parts.runtime.tensor('bool', maskOf(feed, buffer.subarray(0, size)), feed.shape);
  }
}
