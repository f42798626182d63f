// One thing at a time: ONNX Runtime blocks its thread anyway, and two runs that update the same variables must not
// overlap between reading and swapping.
import { disposed } from './description.js';

/** A queue of tasks of which one runs at a time, in order of arrival. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** Runs a task when all earlier ones have settled; after {@link close} rejects with a BackendError instead. */
  take<T>(task: () => T | Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      this.#check();
      const result = await task();
      this.#check();
      return result;
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Runs a task in its turn even after {@link close}: for freeing what others may still use. */
  takeAlways(task: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Lets the running task end, rejects it and all that wait. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  #check(): void {
    if (this.#closed) throw disposed('the onnxruntime backend');
  }
}
