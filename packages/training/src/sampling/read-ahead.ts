// Batches are read before they are asked for, so that the backend never waits for the disk.

/** How many are under way or waiting: reading one takes far less than a step. */
const AHEAD = 3;

/** Reads values `0 .. count` in order, some ahead of the one that is taken. */
export class ReadAhead<T> {
  readonly #read: (index: number) => Promise<T>;
  readonly #count: number;
  readonly #waiting = new Map<number, Promise<T>>();

  constructor(read: (index: number) => Promise<T>, count: number) {
    this.#read = read;
    this.#count = count;
  }

  /** The value at `index`; the ones behind it are begun. Fails as its reading failed. */
  take(index: number): Promise<T> {
    const value = this.#begin(index);
    this.#waiting.delete(index);
    for (let next = index + 1; next <= Math.min(index + AHEAD, this.#count - 1); next++) this.#begin(next);
    return value;
  }

  /** Resolves when nothing is being read any more; what was read is dropped. Never fails. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#waiting.values());
    this.#waiting.clear();
  }

  #begin(index: number): Promise<T> {
    const known = this.#waiting.get(index);
    if (known !== undefined) return known;
    const value = this.#read(index);
    value.catch(() => undefined); // it is reported when it is taken, and not before
    this.#waiting.set(index, value);
    return value;
  }
}
