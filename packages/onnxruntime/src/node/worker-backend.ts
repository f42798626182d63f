// The caller's side of the worker backend: the same interface as the in-thread one, with ONNX Runtime in a worker
// thread, so that the caller's event loop stays free while a program runs.
import { Worker } from 'node:worker_threads';
import {
  BackendError,
  type Backend,
  type BackendRecipe,
  type CompileOptions,
  type Feeds,
  type Graph,
  type HostTensor,
  type Precision,
  type Program,
  type Variables,
} from '@difsr/graph';
import { disposed, type VariableTypes } from '@difsr/graph/backend-parts';
import { describeProgram } from '../description.js';
import { loweringFor, completeOptions, type OnnxRuntimeOptions, type Settings } from '../devices.js';
import { needRuntime, nodePlatform } from './platform.js';
import { nodeTracer } from './tracer.js';
import {
  compact,
  revive,
  type Call,
  type HostTensors,
  type Reply,
  type Request,
  type WorkerSetup,
} from './worker-protocol.js';

interface Pending {
  readonly resolve: (tensors: HostTensors) => void;
  readonly reject: (error: Error) => void;
}

/** Sends calls to the worker and hands its answers to the callers. */
class Connection {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  /** Set when the worker can answer no more. */
  #dead: BackendError | undefined;
  #cause: Error | undefined;

  constructor(setup: WorkerSetup) {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: setup,
      name: 'difsr-onnxruntime',
      execArgv: [], // flags of the caller, such as --input-type, may not suit an entry file
    });
    this.#worker.on('message', (reply: Reply) => this.#receive(reply));
    this.#worker.on('error', (error: Error) => (this.#cause = error)); // an exit follows
    this.#worker.on('exit', (code: number) => this.#die(code));
    // An idle worker does not keep the process alive.
    this.#worker.unref();
  }

  send(call: Call): Promise<HostTensors> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    const request: Request = { id: this.#nextId++, call };
    return new Promise((resolve, reject) => {
      this.#worker.postMessage(request); // copies arrays: feeds stay the caller's
      this.#pending.set(request.id, { resolve, reject });
      this.#worker.ref();
    });
  }

  /** Frees something in the worker; where the worker is gone, it is freed already. */
  async release(call: Extract<Call, { readonly kind: 'disposeVariables' | 'disposeProgram' }>): Promise<void> {
    if (this.#dead !== undefined) return;
    await this.send(call).catch((error: unknown) => {
      if (this.#dead === undefined) throw error;
    });
  }

  /** Rejects what is pending, frees what the worker holds and ends it. */
  async close(): Promise<void> {
    if (this.#dead !== undefined) return;
    const freed = this.send({ kind: 'dispose' }).catch(() => undefined);
    const last = this.#nextId - 1;
    const gone = disposed('the onnxruntime backend');
    for (const [id, { reject }] of this.#pending) {
      if (id === last) continue;
      reject(gone);
      this.#pending.delete(id);
    }
    await freed;
    this.#dead = gone;
    await this.#worker.terminate();
  }

  #receive(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (pending === undefined) return; // rejected by close()
    if ('error' in reply) pending.reject(revive(reply.error));
    else pending.resolve(reply.tensors);
  }

  #die(code: number): void {
    const reason = this.#cause === undefined ? '' : ` (${this.#cause.message})`;
    this.#dead ??= new BackendError(
      {
        what: `the onnxruntime worker ended with exit code ${code}${reason}`,
        cure: 'create the backend again and restore its variables from a checkpoint',
      },
      { cause: this.#cause },
    );
    for (const { reject } of this.#pending.values()) reject(this.#dead);
    this.#pending.clear();
  }
}

/** Variables that live in the worker; their types are known here. */
class WorkerVariables implements Variables {
  readonly number: number;
  readonly types: VariableTypes;
  readonly #connection: Connection;
  #disposed = false;

  constructor(connection: Connection, number: number, values: HostTensors) {
    this.#connection = connection;
    this.number = number;
    this.types = new Map(
      Object.entries(values).map(([name, { dtype, shape }]) => [name, { dtype, shape: [...shape] }]),
    );
  }

  async read(names?: readonly string[]): Promise<Record<string, HostTensor>> {
    return this.#connection.send({ kind: 'readVariables', variables: this.number, names });
  }

  async write(values: HostTensors): Promise<void> {
    await this.#connection.send({ kind: 'writeVariables', variables: this.number, values: compactAll(values) });
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#connection.release({ kind: 'disposeVariables', variables: this.number });
  }
}

class WorkerProgram implements Program {
  readonly #connection: Connection;
  readonly #number: number;
  #disposed = false;

  constructor(connection: Connection, number: number) {
    this.#connection = connection;
    this.#number = number;
  }

  async run(feeds: Feeds): Promise<Record<string, HostTensor>> {
    return this.#connection.send({ kind: 'run', program: this.#number, feeds: compactAll(feeds) });
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#connection.release({ kind: 'disposeProgram', program: this.#number });
  }
}

class WorkerBackend implements Backend {
  readonly name = 'onnxruntime';
  readonly device: string;
  readonly precision: Precision;
  readonly recipe?: BackendRecipe;
  readonly #lowering: ReturnType<typeof loweringFor>;
  readonly #connection: Connection;
  readonly #variables = new Set<WorkerVariables>();
  #nextNumber = 0;

  constructor(settings: Settings) {
    this.device = settings.device;
    this.precision = settings.precision;
    if (settings.device === 'cpu' && settings.precision === 'float32')
      this.recipe = {
        module: new URL('./backend.js', import.meta.url).href,
        create: 'createOnnxRuntimeBackend',
        options: { device: 'cpu', threads: 1, logLevel: settings.logLevel },
      };
    this.#lowering = loweringFor(settings);
    this.#connection = new Connection({ settings });
  }

  /** Resolves when ONNX Runtime is loaded. */
  async open(): Promise<this> {
    try {
      await this.#connection.send({ kind: 'open' });
    } catch (error) {
      await this.dispose();
      throw error;
    }
    return this;
  }

  async createVariables(values: HostTensors): Promise<Variables> {
    const variables = new WorkerVariables(this.#connection, this.#nextNumber++, values);
    await this.#connection.send({ kind: 'createVariables', variables: variables.number, values: compactAll(values) });
    this.#variables.add(variables);
    return variables;
  }

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Program> {
    const variables = this.#own(options.variables);
    const description = await describeProgram(graph, options, variables?.types ?? new Map(), {
      tracer: nodeTracer,
      lowering: this.#lowering,
    });
    const program = this.#nextNumber++;
    await this.#connection.send({ kind: 'load', program, description, variables: variables?.number });
    return new WorkerProgram(this.#connection, program);
  }

  dispose(): Promise<void> {
    return this.#connection.close();
  }

  #own(variables: Variables | undefined): WorkerVariables | undefined {
    if (variables === undefined || (variables instanceof WorkerVariables && this.#variables.has(variables)))
      return variables;
    throw new BackendError('these variables belong to another backend: create them with createVariables of this one');
  }
}

function compactAll<T extends Feeds[string]>(tensors: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, compact(tensor)]));
}

/**
 * A backend with ONNX Runtime in a worker thread: runs leave the caller's event loop free. Graphs become ONNX bytes in
 * the calling thread; feeds are copied to the worker, results are handed over. When the worker dies, pending and later
 * calls reject with a BackendError that names its exit code; `dispose` ends it.
 *
 * @throws BackendError for options that are out of range, MissingPackageError where onnxruntime-node is not installed. A device that cannot be used shows at the first `compile`.
 * @example
 * ```ts
 * const backend = await createWorkerBackend({ threads: 2 });
 * const program = await backend.compile(createGraph({ y: mul(input('x', ['n']), 2) }));
 * const { y } = await program.run({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } });
 * await backend.dispose();
 * ```
 */
export async function createWorkerBackend(options: OnnxRuntimeOptions = {}): Promise<Backend> {
  const complete = completeOptions(options, nodePlatform);
  await needRuntime(); // here, where the error can be of its own class
  return new WorkerBackend(complete).open();
}
