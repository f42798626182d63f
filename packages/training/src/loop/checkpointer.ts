// When an epoch is saved before its end: so many seconds after it was last, or never.

/**
 * Saves now and then.
 *
 * @example
 * ```ts
 * const checkpointer = new Checkpointer(300, () => save(session, meter.state(), meter.seconds()));
 * if (checkpointer.due()) meter.pause(await checkpointer.save());
 * ```
 */
export class Checkpointer {
  readonly #seconds: number;
  readonly #write: () => Promise<void>;
  readonly #now: () => number;
  #last: number;

  /**
   * @param seconds Between two checkpoints; 0 = none before the end of an epoch.
   * @param now The time in milliseconds.
   */
  constructor(seconds: number, write: () => Promise<void>, now: () => number = () => performance.now()) {
    this.#seconds = seconds;
    this.#write = write;
    this.#now = now;
    this.#last = now();
  }

  /** Whether the last checkpoint, or else the beginning, is long enough ago. */
  due(): boolean {
    return this.#seconds > 0 && (this.#now() - this.#last) / 1000 >= this.#seconds;
  }

  /** Writes a checkpoint. Gives the milliseconds that it took; they do not count towards the next one. */
  async save(): Promise<number> {
    const begun = this.#now();
    await this.#write();
    this.#last = this.#now();
    return this.#last - begun;
  }
}
