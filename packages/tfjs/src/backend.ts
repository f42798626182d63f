// The backend: programs and variables on one tfjs device, which need not be the one that is active between runs.
import {
  BackendError,
  checkCompileOptions,
  verify,
  type Backend,
  type CompileOptions,
  type Graph,
  type HostTensor,
  type Program,
  type Variables,
} from '@difsr/graph';
import { Turns } from '@difsr/graph/backend-parts';
import { openDevice, type TfjsOptions } from './devices.js';
import { TfjsProgram } from './program.js';
import { TfjsVariables } from './variables.js';

class TfjsBackend implements Backend {
  readonly name = 'tfjs';
  readonly device: string;
  readonly #registered: string;
  /** Devices in host memory block the thread: timers and signals get their turn 20 times a second. */
  readonly #turns = new Turns('the tfjs backend', { pauseEvery: 50 });
  readonly #programs = new Set<TfjsProgram>();
  readonly #variables = new Set<TfjsVariables>();

  /** @param registered the device's name in tfjs. */
  constructor(device: string, registered: string) {
    this.device = device;
    this.#registered = registered;
  }

  createVariables(values: Readonly<Record<string, HostTensor>>): Promise<Variables> {
    return this.#turns.take(() => {
      const variables = new TfjsVariables(values, this.#registered, this.#turns);
      this.#variables.add(variables);
      return variables;
    });
  }

  compile(graph: Graph, options: CompileOptions = {}): Promise<Program> {
    return this.#turns.take(() => {
      checkCompileOptions(options);
      verify(graph);
      const forget = (program: TfjsProgram): void => void this.#programs.delete(program);
      const variables = this.#own(options.variables);
      const parts = { graph, device: this.#registered, turns: this.#turns, variables, forget };
      const program = new TfjsProgram(parts, options);
      this.#programs.add(program);
      return program;
    });
  }

  async dispose(): Promise<void> {
    await this.#turns.close();
    await Promise.all([...this.#programs, ...this.#variables].map((each) => each.dispose()));
    this.#programs.clear();
    this.#variables.clear();
  }

  #own(variables: Variables | undefined): TfjsVariables | undefined {
    if (variables === undefined || (variables instanceof TfjsVariables && this.#variables.has(variables)))
      return variables;
    throw new BackendError('these variables belong to another backend: create them with createVariables of this one');
  }
}

/**
 * A backend on TensorFlow.js. The device's package is loaded when it is asked for; the device stays active in tfjs if
 * none was before, and otherwise only while a run computes. On `cpu` and `wasm` a run blocks the calling thread.
 *
 * @throws MissingPackageError where the device is not installed, BackendError where it does not start, with the cure.
 * @example
 * ```ts
 * const backend = await createTfjsBackend({ device: 'wasm' });
 * const program = await backend.compile(createGraph({ y: mul(input('x', ['n']), 2) }));
 * const { y } = await program.run({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 21) } });
 * ```
 */
export async function createTfjsBackend(options: TfjsOptions = {}): Promise<Backend> {
  const { device, registered } = await openDevice(options);
  return new TfjsBackend(device, registered);
}
