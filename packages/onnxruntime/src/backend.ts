// The in-thread backend: its runs block the calling thread while ONNX Runtime computes.
import type { Backend, CompileOptions, Graph, HostTensor, Precision, Program, Variables } from '@difsr/graph';
import { BackendError } from '@difsr/graph';
import { Turns } from '@difsr/graph/backend-parts';
import { describeProgram, type ProgramDescription } from './description.js';
import { loweringFor, type Settings } from './devices.js';
import { OrtProgram } from './program.js';
import type { Platform, Runtime } from './runtime.js';
import { createSession } from './session.js';
import { traceSession } from './trace.js';
import { OrtVariables } from './variables.js';

/** The in-thread backend; `createOnnxRuntimeBackend` of each platform makes one. */
export class OrtBackend implements Backend {
  readonly name = 'onnxruntime';
  readonly device: string;
  readonly precision: Precision;
  readonly #settings: Settings;
  readonly #platform: Platform;
  readonly #runtime: Runtime;
  readonly #turns = new Turns('the onnxruntime backend');
  readonly #programs = new Set<OrtProgram>();
  readonly #variables = new Set<OrtVariables>();

  private constructor(settings: Settings, platform: Platform, runtime: Runtime) {
    this.#settings = settings;
    this.#platform = platform;
    this.#runtime = runtime;
    this.device = settings.device;
    this.precision = settings.precision;
  }

  /** Loads ONNX Runtime. @throws MissingPackageError where it is not installed. */
  static async open(settings: Settings, platform: Platform): Promise<OrtBackend> {
    return new OrtBackend(settings, platform, await platform.load(settings));
  }

  createVariables(values: Readonly<Record<string, HostTensor>>): Promise<OrtVariables> {
    return this.#turns.take(() => {
      const variables = new OrtVariables(values, this.#turns, this.#runtime);
      this.#variables.add(variables);
      return variables;
    });
  }

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Program> {
    const variables = this.#own(options.variables);
    const how = { tracer: this.#platform.tracer, lowering: loweringFor(this.#settings) };
    return this.load(await describeProgram(graph, options, variables?.types ?? new Map(), how), variables);
  }

  /** Makes a program of a description, which may come from another thread. */
  load(description: ProgramDescription, variables: OrtVariables | undefined): Promise<OrtProgram> {
    return this.#turns.take(async () => {
      const start = performance.now();
      const { cure, tracer } = this.#platform;
      const { bytes, label, nodes } = description;
      const session = await createSession(this.#runtime, bytes, label, this.#settings, cure);
      traceSession(tracer, label, nodes, bytes.length, performance.now() - start);
      const parts = { description, runtime: this.#runtime, session, variables, turns: this.#turns, tracer };
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
