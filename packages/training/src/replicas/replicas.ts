// Several workers that train one model together: what the thread that trains knows of them.
import { BackendError, GraphError, type BackendRecipe, type Feeds, type HostTensor } from '@difsr/graph';
import { dealOut, type DealtStep } from '@difsr/models';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Floats } from './collective.js';
import { sharesOf, tensorsAt } from './layout.js';
import type { Answer, Question, ReplicaSetup } from './protocol.js';
import type { ReplicaTask } from './replica.js';
import { sharedMemory } from './shared-memory.js';

/** How replicas are started. */
export interface ReplicasOptions {
  /** How many; at least two. */
  readonly size: number;
  /** What makes the backend of each. */
  readonly recipe: BackendRecipe;
  /** What all are told. */
  readonly task: ReplicaTask;
  /** What the first one is told in its place: it alone reckons with what is lost over parameters, whatever the targets. */
  readonly first: ReplicaTask;
  /** How steps are dealt out. */
  readonly objective: DealtStep['objective'];
}

/** Of the package as it was built, from which tests of the sources start threads as well. */
const ENTRY = new URL('replicas/worker.js', pathToFileURL(createRequire(import.meta.url).resolve('@difsr/training')));

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A thread, and what it was asked and has not answered yet. */
class Connection {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #gone: Error | undefined;

  /** @param onGone Called once where the thread ends, for whatever reason. */
  constructor(setup: ReplicaSetup, onGone: (error: Error) => void) {
    this.#worker = new Worker(ENTRY, { workerData: setup, name: `difsr-replica-${setup.rank}`, execArgv: [] });
    let cause: Error | undefined;
    this.#worker.on('message', (answer: Answer) => this.#waiting.shift()?.resolve(answer));
    this.#worker.on('error', (error: Error) => (cause = error)); // an exit follows
    this.#worker.on('exit', (code: number) => {
      const why = cause === undefined ? '' : ` (${cause.message})`;
      const what = `replica ${setup.rank} ended with exit code ${code}${why}`;
      onGone(this.#end(new BackendError({ what, cure: 'go on from the last checkpoint' }, { cause })));
    });
  }

  #end(error: Error): Error {
    this.#gone ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#gone);
    return this.#gone;
  }

  /** The next answer. */
  next(): Promise<Answer> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  ask(question: Question): Promise<Answer> {
    const answer = this.next();
    if (this.#gone === undefined) this.#worker.postMessage(question);
    return answer;
  }

  async close(error: Error): Promise<void> {
    this.#end(error);
    await this.#worker.terminate();
  }
}

/** See the head of the module. */
export class Replicas {
  readonly #options: ReplicasOptions;
  readonly #connections: readonly Connection[];
  #failed: Error | undefined;

  private constructor(options: ReplicasOptions) {
    const { size, recipe, task, first } = options;
    this.#options = options;
    const memory = sharedMemory({
      size,
      length: Math.max(1, task.layout.length),
      precision: task.parameters instanceof Float64Array ? 'float64' : 'float32',
    });
    this.#connections = Array.from(
      { length: size },
      (_, rank) =>
        new Connection({ recipe, task: rank === 0 ? first : task, memory, rank }, (error) => void this.#abandon(error)),
    );
  }

  /** Starts the threads; resolves when all have compiled. @throws BackendError, GraphError */
  static async start(options: ReplicasOptions): Promise<Replicas> {
    const replicas = new Replicas(options);
    try {
      await replicas.#together((connection) => connection.next());
    } catch (error) {
      await replicas.dispose();
      throw error;
    }
    return replicas;
  }

  /** Runs a step: what it reports, summed over the replicas. Steps may be sent off before the ones before them are done. */
  async run(feeds: Feeds): Promise<Record<string, HostTensor>> {
    const { size, task, objective } = this.#options;
    const parts = dealOut({ feeds, inputs: task.gradient.inputs, objective }, size);
    const answers = await this.#together((connection, rank) => {
      const own = parts[rank];
      if (own === undefined) throw new GraphError(`a step was dealt out to ${parts.length} of ${size} replicas`);
      return connection.ask({ kind: 'step', feeds: own });
    });
    const sums = new Map<string, Float64Array>();
    for (const answer of answers) {
      if (answer.kind !== 'step') continue;
      for (const [name, { data }] of Object.entries(answer.reported)) {
        const before = sums.get(name);
        sums.set(
          name,
          Float64Array.from(data, (value, i) => value + (before?.[i] ?? 0)),
        );
      }
    }
    return Object.fromEntries(Array.from(sums, ([name, data]) => [name, { dtype: 'float32', shape: [], data }]));
  }

  /** All trained parameters and the state of the optimizer, by the names that they have with one worker. */
  async read(): Promise<Record<string, HostTensor>> {
    const { size, task } = this.#options;
    const { layout, state } = task;
    const answers = await this.#together((connection) => connection.ask({ kind: 'read' }));
    const shares = sharesOf(layout, size);
    const vectors = Object.fromEntries(
      Object.entries(state).map(([kind, vector]): [string, Floats] => [kind, vector.slice()]),
    );
    let parameters: Record<string, HostTensor> = {};
    answers.forEach((answer, rank) => {
      if (answer.kind !== 'read') return;
      if (rank === 0) parameters = tensorsAt(layout.parameters, answer.parameters);
      for (const [kind, vector] of Object.entries(vectors))
        for (const { name, start } of shares[rank] ?? []) {
          const own = answer.state[`${kind}.${name}`];
          if (own !== undefined) vector.set(own.data, start);
        }
    });
    return Object.assign(
      parameters,
      ...Object.entries(vectors).map(([kind, vector]) => tensorsAt(layout.packs, vector, (name) => `${kind}.${name}`)),
    );
  }

  /** Ends the threads, whatever they do. */
  async dispose(): Promise<void> {
    await this.#abandon(new BackendError('the replicas have been disposed'));
  }

  /** Asks all; fails as the first of them does, and then there are none left: those that wait for it would wait for ever. */
  async #together(ask: (connection: Connection, rank: number) => Promise<Answer>): Promise<Answer[]> {
    if (this.#failed !== undefined) throw this.#failed;
    const answers = this.#connections.map(async (connection, rank) => {
      const answer = await ask(connection, rank);
      if (answer.kind !== 'failed') return answer;
      const { name, message, faults } = answer;
      throw name === 'GraphError' ? new GraphError(faults ?? message) : new BackendError(faults ?? message);
    });
    try {
      return await Promise.all(answers);
    } catch (error) {
      await this.#abandon(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  async #abandon(error: Error): Promise<void> {
    if (this.#failed !== undefined) return;
    this.#failed = error;
    await Promise.all(this.#connections.map(async (connection) => connection.close(error)));
  }
}
