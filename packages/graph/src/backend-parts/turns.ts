// One thing at a time: two runs that update the same variables must not overlap between reading and replacing them,
// whether a run blocks its thread or waits for a GPU.
import { disposed } from './disposed.js';

/**
 * A queue of tasks of which one runs at a time, in order of arrival.
 *
 * @example
 * ```ts
 * const turns = new Turns('the example backend');
 * await Promise.all([turns.take(() => 1), turns.take(() => 2)]); // the second waits for the first
 * await turns.close();
 * ```
 */
export class Turns {
  readonly #owner: string;
  readonly #pauseEvery: number;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;
  #paused = 0;

  /**
   * @param owner whom the error of a late task names.
   * @param options `pauseEvery`: milliseconds after which timers and signals get their turn before the next task; left
   * out, tasks follow each other without a pause. For devices that block the thread.
   */
  constructor(owner: string, { pauseEvery = Infinity }: { readonly pauseEvery?: number } = {}) {
    this.#owner = owner;
    this.#pauseEvery = pauseEvery;
  }

  /** Runs a task when all earlier ones have settled; after {@link close} rejects with a BackendError instead. */
  take<T>(task: () => T | Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      this.#check();
      await this.#pause();
      this.#check();
      const result = await task();
      this.#check();
      return result;
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Runs a task in its turn even after {@link close}: for freeing what others may still use. */
  takeAlways(task: () => void | Promise<void>): Promise<void> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Lets the running task end, rejects it and all that wait. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  async #pause(): Promise<void> {
    if (!(performance.now() - this.#paused >= this.#pauseEvery)) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.#paused = performance.now();
  }

  #check(): void {
    if (this.#closed) throw disposed(this.#owner);
  }
}
