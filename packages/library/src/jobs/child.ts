// The process that trains one run of a job and ends: what it takes of memory is that run's alone, and what it leaks or
// breaks dies with it. It ends at once when the job does, however that was killed.
import process from 'node:process';
import { DifsrError } from '@difsr/errors';
import { loadOwnModel } from '../config/own-model.js';
import { evaluate } from '../evaluate.js';
import type { TrainEvent } from '../events.js';
import { resume } from '../resume.js';
import { trainResolved } from '../train.js';
import type { Reply, Request, Results, Task } from './messages.js';

const controller = new AbortController();

process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches every process of a terminal: the job decides what it means.
process.on('SIGINT', () => undefined);
process.on('message', (request: Request) => {
  if (request.kind === 'abort') controller.abort();
  else void answer(request.task);
});

async function answer(task: Task): Promise<void> {
  try {
    reply({ kind: 'done', result: await work(task) });
  } catch (error) {
    if (controller.signal.aborted && error === controller.signal.reason) reply({ kind: 'stopped' });
    else reply(failure(error));
  }
}

async function work(task: Task): Promise<Results[Task['kind']]> {
  const { signal } = controller;
  const onEvent = (event: TrainEvent): void => reply({ kind: 'event', event });
  switch (task.kind) {
    case 'train': {
      const { out, config, modelFile, pauseAfter } = task;
      const own = modelFile === undefined ? {} : await loadOwnModel(modelFile);
      return trainResolved({ config, own }, { out, signal, pauseAfter, onEvent });
    }
    case 'resume': {
      const { out, data, choice, modelFile, pauseAfter } = task;
      return resume(out, { data, ...choice, model: modelFile, signal, pauseAfter, onEvent });
    }
    case 'evaluate': {
      const { out, data, choice, modelFile } = task;
      return evaluate(out, { data, ...choice, model: modelFile, onEvent });
    }
  }
}

function failure(error: unknown): Reply {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (!(error instanceof DifsrError)) return { kind: 'failed', name: 'Error', message, faults: [] };
  return { kind: 'failed', name: error.name, message: error.message, faults: error.faults };
}

function reply(message: Reply): void {
  process.send?.(message, undefined, undefined, () => {
    // The last word: what is left open, such as a backend's worker, must not keep the process.
    if (message.kind !== 'event') process.exit(0);
  });
}
