// One thing at a time: a run that has to wait for a GPU must not overlap with another that updates the same variables.
import { BackendError } from '@difsr/graph';

/** A queue of tasks of which one runs at a time, in order of arrival. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;
  #yielded = 0;

  /** Runs a task when all earlier ones have settled; after {@link close} rejects with a BackendError instead. */
  take<T>(task: () => T | Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      this.#check();
      await this.#letOthersRun();
      this.#check();
      return task();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Runs a task in its turn even after {@link close}: for freeing what others may still use. */
  takeAlways(task: () => void): Promise<void> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Rejects all that wait; settles when the running task has. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  /** Devices in host memory block the thread: timers and signals get their turn at least 20 times a second. */
  async #letOthersRun(): Promise<void> {
    if (performance.now() - this.#yielded < 50) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.#yielded = performance.now();
  }

  #check(): void {
    if (this.#closed) throw disposed('the tfjs backend');
  }
}

/** The error of using what was disposed. */
export function disposed(what: string): BackendError {
  return new BackendError(`${what} was disposed: create a new one`);
}
