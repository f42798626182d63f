// The in-thread backend: its runs block the calling thread while ONNX Runtime computes.
import type { Backend, CompileOptions, Graph, HostTensor, Program, Variables } from '@difsr/graph';
import { BackendError } from '@difsr/graph';
import { describeProgram, type ProgramDescription } from './description.js';
import { completeOptions, type OnnxRuntimeOptions } from './devices.js';
import { OrtProgram } from './program.js';
import { createSession } from './session.js';
import { traceSession } from './trace.js';
import { Turns } from './turns.js';
import { OrtVariables } from './variables.js';

/** The in-thread backend; {@link createOnnxRuntimeBackend} makes one. */
export class OrtBackend implements Backend {
  readonly name = 'onnxruntime';
  readonly device: string;
  readonly #options: Required<OnnxRuntimeOptions>;
  readonly #turns = new Turns();
  readonly #programs = new Set<OrtProgram>();
  readonly #variables = new Set<OrtVariables>();

  constructor(options: Required<OnnxRuntimeOptions>) {
    this.#options = options;
    this.device = options.device;
  }

  createVariables(values: Readonly<Record<string, HostTensor>>): Promise<OrtVariables> {
    return this.#turns.take(() => {
      const variables = new OrtVariables(values, this.#turns);
      this.#variables.add(variables);
      return variables;
    });
  }

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Program> {
    const variables = this.#own(options.variables);
    return this.load(await describeProgram(graph, options, variables?.types ?? new Map()), variables);
  }

  /** Makes a program of a description, which may come from another thread. */
  load(description: ProgramDescription, variables: OrtVariables | undefined): Promise<OrtProgram> {
    return this.#turns.take(async () => {
      const start = performance.now();
      const session = await createSession(description.bytes, description.label, this.#options);
      traceSession(description.label, description.nodes, description.bytes.length, performance.now() - start);
      const parts = { description, session, variables, turns: this.#turns };
      try {
        const program = new OrtProgram({ ...parts, forget: (gone) => this.#programs.delete(gone) });
        this.#programs.add(program);
        return program;
      } catch (error) {
        await session.release(); // variables that were disposed meanwhile
        throw error;
      }
    });
  }

  async dispose(): Promise<void> {
    await this.#turns.close();
    await Promise.all([...this.#programs, ...this.#variables].map((each) => each.dispose()));
    this.#programs.clear();
    this.#variables.clear();
  }

  #own(variables: Variables | undefined): OrtVariables | undefined {
    if (variables === undefined || (variables instanceof OrtVariables && this.#variables.has(variables)))
      return variables;
    throw new BackendError('these variables belong to another backend: create them with createVariables of this one');
  }
}

/**
 * A backend whose sessions run in the calling thread (each run blocks it; `createWorkerBackend` does not).
 *
 * @throws BackendError for a device that cannot be used; the message names the cure.
 * @example
 * ```ts
 * const backend = await createOnnxRuntimeBackend({ device: 'cpu', threads: 2 });
 * const program = await backend.compile(createGraph({ y: mul(input('x', ['n']), 2) }));
 * const { y } = await program.run({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } });
 * await backend.dispose();
 * ```
 */
export async function createOnnxRuntimeBackend(options: OnnxRuntimeOptions = {}): Promise<Backend> {
  return Promise.resolve(new OrtBackend(completeOptions(options)));
}
