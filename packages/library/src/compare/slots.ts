// So many runs at once: who comes first in the job goes first.

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
