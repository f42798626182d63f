// So many runs at once: who comes first in the job goes first, and where one cannot go on all end.
import { availableParallelism } from 'node:os';

interface Waiting {
  readonly order: number;
  readonly go: () => void;
}

/** Slots for work that is done at once. */
export class Slots {
  readonly #waiting: Waiting[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Does something once there is a slot; of those that wait, the one with the lowest `order` is next, the first of equals. */
  async take<T>(order: number, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((go) => this.#waiting.push({ order, go }));
    try {
      return await work();
    } finally {
      const next = this.#waiting.reduce<Waiting | undefined>(
        (first, each) => (first === undefined || each.order < first.order ? each : first),
        undefined,
      );
      if (next === undefined) this.#free++;
      else {
        this.#waiting.splice(this.#waiting.indexOf(next), 1);
        next.go();
      }
    }
  }
}

/**
 * All of some work that is done at once; where some of it throws, nothing goes on behind the caller's back: `stop` is aborted, on which runs save
 * where they are and end.
 */
export async function together<T>(work: readonly Promise<T>[], stop: AbortController): Promise<T[]> {
  try {
    return await Promise.all(work);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(work);
    throw error;
  }
}

/** The threads of each of several runs at once: equal shares; all where there is one. */
export function threadsOf(jobs: number): number | undefined {
  return jobs === 1 ? undefined : Math.max(1, Math.floor(availableParallelism() / jobs));
}
