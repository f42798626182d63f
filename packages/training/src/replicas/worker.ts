// The thread of a replica. An entry file, never imported.
import { DifsrError } from '@difsr/errors';
import { BackendError, type Backend } from '@difsr/graph';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Question, ReplicaSetup } from './protocol.js';
import { Replica } from './replica.js';
import { sharedCollective } from './shared-memory.js';

const { recipe, task, memory, rank }: ReplicaSetup = workerData;

async function makeBackend(): Promise<Backend> {
  const found: unknown = await import(recipe.module);
  const create: unknown = typeof found === 'object' && found !== null ? Reflect.get(found, recipe.create) : undefined;
  if (typeof create !== 'function') throw new BackendError(`${recipe.module} has no function ${recipe.create}`);
  return create(recipe.options) as Backend | Promise<Backend>; // what a recipe names makes a backend
}

const opened = makeBackend().then(async (backend) => Replica.open(backend, sharedCollective(memory, rank), task));

async function answer(question: Question): Promise<Answer> {
  const replica = await opened;
  switch (question.kind) {
    case 'step':
      return { kind: 'step', reported: await replica.step(question.feeds) };
    case 'read':
      return { kind: 'read', parameters: replica.parameters(), state: await replica.state() };
  }
}

/** Questions are answered one after the other. */
let last: Promise<void> = opened.then(
  () => send({ kind: 'ready' }),
  (error: unknown) => fail(error),
);

parentPort?.on('message', (question: Question) => {
  last = last.then(async () => answer(question)).then(send, fail);
});

function send(reply: Answer): void {
  parentPort?.postMessage(reply);
}

function fail(error: unknown): void {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  send({ kind: 'failed', name, message, ...(error instanceof DifsrError ? { faults: error.faults } : {}) });
}
