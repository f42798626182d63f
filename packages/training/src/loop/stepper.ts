// Keeps the backend busy: a step is sent off while the one before it still runs, and results are taken in the order of the steps.
import type { Feeds, HostTensor } from '@difsr/graph';

/** Steps that are sent off and not yet taken, at most: with two, the worker has its next feeds when it is done with the last. */
const IN_FLIGHT = 2;

/** What a step gives, by name. */
export type StepValues = Readonly<Record<string, HostTensor>>;

/**
 * Runs steps in order, two in flight.
 *
 * @example
 * ```ts
 * const stepper = new Stepper(run, (values, batch) => meter.finish(values, batch));
 * for (const batch of batches) await stepper.begin(feedsOf(batch), batch);
 * await stepper.drain();
 * ```
 */
export class Stepper<Step> {
  readonly #run: (feeds: Feeds) => Promise<StepValues>;
  readonly #finish: (values: StepValues, step: Step) => void;
  readonly #inFlight: { readonly values: Promise<StepValues>; readonly step: Step }[] = [];

  /** @param finish Takes the result of each step, in order; what it throws, `begin` or `drain` fails with. */
  constructor(run: (feeds: Feeds) => Promise<StepValues>, finish: (values: StepValues, step: Step) => void) {
    this.#run = run;
    this.#finish = finish;
  }

  /** Sends a step off, and waits for the one before it. Fails as that one failed. */
  async begin(feeds: Feeds, step: Step): Promise<void> {
    const values = this.#run(feeds);
    values.catch(() => undefined); // taken in order; a later failure must not count as unhandled before its turn
    this.#inFlight.push({ values, step });
    if (this.#inFlight.length >= IN_FLIGHT) await this.#finishOne();
  }

  /** Takes all results that are due. Fails as the first of them failed. */
  async drain(): Promise<void> {
    while (this.#inFlight.length > 0) await this.#finishOne();
  }

  /** Resolves when nothing runs any more; results are dropped. Never fails. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#inFlight.splice(0).map(({ values }) => values));
  }

  async #finishOne(): Promise<void> {
    const next = this.#inFlight.shift();
    if (next !== undefined) this.#finish(await next.values, next.step);
  }
}
