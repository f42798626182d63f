// Starts the process that trains a run, hands on what it tells, and gives its result.
import { fork } from 'node:child_process';
import { DifsrError, type Fault } from '@difsr/errors';
import type { TrainEvent } from '../events.js';
import type { Reply, Request, Results, Task } from './messages.js';

/** A run that could not be trained, as its process said it. */
export class RunFailure extends DifsrError {
  override readonly name = 'RunFailure';
  /** The name of the error in the process; undefined where the process ended without a word. */
  readonly of: string | undefined;

  constructor(fault: Fault | readonly Fault[], of?: string) {
    super(fault);
    this.of = of;
  }
}

/** What goes with a task. */
export interface TaskControl {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent: (event: TrainEvent) => void;
  /** Told the number of the process. */
  readonly onStart: (pid: number) => Promise<void>;
}

/**
 * Does a task in a process of its own.
 *
 * @returns undefined where it was stopped before anything was trained
 * @throws RunFailure with what the process said, or how it ended
 */
export async function inOwnProcess<T extends Task>(
  task: T,
  { signal, onEvent, onStart }: TaskControl,
): Promise<Results[T['kind']] | undefined> {
  signal?.throwIfAborted();
  const child = fork(new URL('./child.js', import.meta.url), {
    execArgv: [], // flags of the caller may not suit
    serialization: 'advanced', // events may hold Infinity
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const abort = (): void => void child.send({ kind: 'abort' } satisfies Request);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const ended = new Promise<Results[T['kind']] | undefined>((resolve, reject) => {
      child.on('message', (reply: Reply) => {
        switch (reply.kind) {
          case 'event':
            return onEvent(reply.event);
          case 'done':
            return resolve(reply.result as Results[T['kind']]); // of the task that was sent
          case 'stopped':
            return resolve(undefined);
          case 'failed':
            return reject(new RunFailure(reply.faults.length > 0 ? reply.faults : { what: reply.message }, reply.name));
        }
      });
      child.on('error', reject);
      child.on('exit', (code, killed) => {
        const fail = (): void =>
          reject(
            new RunFailure({
              what: `the process that trained it ended ${killed === null ? `with code ${code}` : `by ${killed}`}`,
              cure: 'it may have run out of memory (smaller models or batches); called again, the job goes on with this run',
            }),
          );
        // Its last words may still be on their way.
        if (child.connected) child.once('disconnect', () => setImmediate(fail));
        else setImmediate(fail);
      });
    });
    // Where onStart fails, nobody waits for this one any more.
    ended.catch(() => undefined);
    await onStart(child.pid ?? 0);
    child.send({ kind: 'task', task } satisfies Request);
    return await ended;
  } finally {
    signal?.removeEventListener('abort', abort);
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      if (child.connected) child.disconnect();
      await gone;
    }
  }
}
