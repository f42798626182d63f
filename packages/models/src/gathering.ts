// Requests that arrive together are answered together: what is asked while a run is under way goes into the next one.

interface Waiting<Request, Answer> {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers requests into runs of at most so many. */
export class Gathering<Request, Answer> {
  readonly #run: (requests: readonly Request[]) => Promise<readonly Answer[]>;
  readonly #most: number;
  #waiting: Waiting<Request, Answer>[] = [];
  #running: Promise<void> | undefined;

  /**
   * @param run Answers requests, in their order.
   * @param most Requests of one run.
   */
  constructor(run: (requests: readonly Request[]) => Promise<readonly Answer[]>, most: number) {
    this.#run = run;
    this.#most = most;
  }

  /** The answer to one request. */
  ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#running ??= this.#work();
    });
  }

  /** Until nothing waits any more. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #work(): Promise<void> {
    // Whatever is asked in this turn comes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, this.#most);
      try {
        const answers = await this.#run(together.map(({ request }) => request));
        // As many answers as requests, by the contract of `run`.
        together.forEach(({ resolve }, i) => resolve(answers[i]!));
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#running = undefined;
  }
}
