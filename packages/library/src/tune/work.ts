// The runs of a tuning, rung by rung: all trials of a rung are trained to its epochs before anybody is told to go on, so what is decided does not depend
// on who was first, on how many runs are trained at once, or on where the job was stopped. Then the finalists with their other seeds.
import { RunFailure } from '../jobs/child-run.js';
import { Slots, together } from '../jobs/slots.js';
import type { PlannedRun } from '../jobs/types.js';
import { promoted, ranked, sizesOf } from './halving.js';
import { bestWithin, hasReached, trainTo, trialRecord, type TuneControl } from './run-trial.js';
import type { RungResult, Trial, TrialRecord, TuneSpecification } from './types.js';

/** A trial with its run, and the same with another seed. */
export interface PlannedTrial extends Trial {
  readonly run: PlannedRun;
  readonly withSeed: (seed: number) => Promise<PlannedRun>;
}

/** What became of a trial at the last rung that it got to. */
export interface Judged {
  readonly trial: PlannedTrial;
  /** From 1 on. */
  readonly rung: number;
  readonly epochs: number;
  /** Undefined of one whose process ended without a record. */
  readonly record: TrialRecord | undefined;
  /** Undefined of one that failed. */
  readonly value: number | undefined;
  readonly failure?: string;
}

/** What the search has found. */
export interface Searching {
  readonly rungs: readonly RungResult[];
  /** The best of the last rung first, then those of the rung before, .., and those that failed, of each rung after the others. */
  readonly judged: readonly Judged[];
  /** Records of the finalists: of each with all its seeds, as far as they came to an end. */
  readonly finalists: readonly { readonly trial: PlannedTrial; readonly records: readonly TrialRecord[] }[];
}

type Reached = TrialRecord | 'interrupted' | { readonly failure: string };

/** The work of one call. */
export class TuneWork {
  readonly #specification: TuneSpecification;
  readonly #trials: readonly PlannedTrial[];
  readonly #fingerprint: string;
  readonly #control: TuneControl;
  readonly #slots: Slots;
  readonly #jobs: number;
  /** Of runs at once, where one of them shows that the job cannot go on. */
  readonly #stop = new AbortController();
  /** Epochs that were trained and what they took, by run. */
  readonly #took = new Map<string, { readonly epochs: number; readonly seconds: number }>();
  readonly failed: { readonly id: string; readonly message: string }[] = [];

  constructor({
    specification,
    trials,
    fingerprint,
    control,
    jobs,
  }: {
    readonly specification: TuneSpecification;
    readonly trials: readonly PlannedTrial[];
    readonly fingerprint: string;
    readonly control: TuneControl;
    /** Runs that are trained at once. */
    readonly jobs: number;
  }) {
    this.#specification = specification;
    this.#trials = trials;
    this.#fingerprint = fingerprint;
    const { signal } = control;
    const stopped = signal === undefined ? [this.#stop.signal] : [this.#stop.signal, signal];
    this.#control = { ...control, signal: AbortSignal.any(stopped) };
    this.#jobs = jobs;
    this.#slots = new Slots(jobs);
  }

  /** Looks at what is there; the number of runs that have a record. */
  async known(): Promise<number> {
    for (const { run } of this.#trials) {
      const record = await trialRecord(run, this.#fingerprint, this.#control);
      if (record !== undefined) this.#remember(record);
    }
    return this.#took.size;
  }

  /** The whole search; undefined where it was interrupted. */
  async all(): Promise<Searching | undefined> {
    const { rungs, factor, finalists } = this.#specification;
    const results: RungResult[] = [];
    const fallen: Judged[][] = [];
    let entered = this.#trials;
    let order: readonly number[] = [];
    for (const [at, epochs] of rungs.entries()) {
      const judged = await this.#rung(at, entered);
      if (judged === undefined) return undefined;
      const standings = judged.map(({ trial, value }) => ({ trial: trial.number, value }));
      const last = at === rungs.length - 1;
      order = ranked(standings);
      const kept = new Set(last ? order.slice(0, finalists) : promoted(standings, factor));
      const result: RungResult = {
        epochs,
        entered: entered.map(({ number }) => number),
        kept: last ? [...kept] : entered.flatMap(({ number }) => (kept.has(number) ? [number] : [])),
        failed: judged.flatMap(({ trial, value }) => (value === undefined ? [trial.number] : [])),
      };
      results.push(result);
      this.#control.emit({ kind: 'rung', rung: at + 1, rungs: rungs.length, ...result });
      const place = (each: Judged): number => (each.value === undefined ? Infinity : order.indexOf(each.trial.number));
      fallen.unshift(
        judged
          .filter(({ trial }) => last || !kept.has(trial.number))
          .sort((a, b) => (place(a) === place(b) ? a.trial.number - b.trial.number : place(a) - place(b))),
      );
      entered = entered.filter(({ number }) => kept.has(number));
      if (entered.length === 0) break; // all have failed, and each was told
    }
    const judged = fallen.flat();
    const finals = await this.#finals(
      order.flatMap((number) => entered.find((each) => each.number === number) ?? []),
      new Map(judged.map(({ trial, record }) => [trial.number, record])),
    );
    return finals && { rungs: results, judged, finalists: finals };
  }

  /** Trains every trial of a rung to its epochs; undefined where that was interrupted. */
  async #rung(at: number, entered: readonly PlannedTrial[]): Promise<Judged[] | undefined> {
    const epochs = this.#specification.rungs[at] ?? 0;
    let begun = 0;
    const reached = await together(
      entered.map(async (trial) =>
        this.#slots.take(trial.number, async () => {
          const number = ++begun;
          const secondsLeft = this.#secondsLeft(at, entered.length - number + 1);
          const more = { rung: at + 1, number, runs: entered.length, secondsLeft };
          return this.#reach(trial, trial.run, epochs, more);
        }),
      ),
      this.#stop,
    );
    const judged: Judged[] = [];
    for (const [i, trial] of entered.entries()) {
      const found = reached[i];
      if (found === undefined || found === 'interrupted') return undefined;
      const place = { trial, rung: at + 1, epochs };
      if (!('curve' in found)) judged.push({ ...place, record: undefined, value: undefined, failure: found.failure });
      else if (hasReached(found, epochs))
        judged.push({ ...place, record: found, value: bestWithin(found, epochs)?.value });
      else judged.push({ ...place, record: found, value: undefined, failure: found.failure ?? 'it was not trained' });
    }
    return judged;
  }

  /** The finalists with their other seeds, best first; undefined where that was interrupted. */
  async #finals(
    finalists: readonly PlannedTrial[],
    firsts: ReadonlyMap<number, TrialRecord | undefined>,
  ): Promise<Searching['finalists'] | undefined> {
    const { seed, seeds, rungs } = this.#specification;
    const epochs = rungs.at(-1) ?? 0;
    const others = await Promise.all(
      finalists.flatMap((trial) =>
        Array.from({ length: seeds - 1 }, async (_, at) => ({ trial, run: await trial.withSeed(seed + 1 + at) })),
      ),
    );
    let begun = 0;
    const reached = await together(
      others.map(async ({ trial, run }, order) =>
        this.#slots.take(order, async () => {
          const number = ++begun;
          const secondsLeft = this.#secondsLeft(rungs.length, others.length - number + 1);
          return this.#reach(trial, run, epochs, { number, runs: others.length, secondsLeft });
        }),
      ),
      this.#stop,
    );
    if (reached.includes('interrupted')) return undefined;
    return finalists.map((trial) => {
      const first = firsts.get(trial.number);
      const own = reached.flatMap((each, i) =>
        others[i]?.trial === trial && typeof each === 'object' && 'curve' in each && hasReached(each, epochs)
          ? [each]
          : [],
      );
      return { trial, records: first === undefined ? own : [first, ...own] };
    });
  }

  /** Trains a run to some epochs, where it has not been. */
  async #reach(
    { number: trial, values }: PlannedTrial,
    run: PlannedRun,
    epochs: number,
    more: {
      readonly rung?: number;
      readonly number: number;
      readonly runs: number;
      readonly secondsLeft: number | undefined;
    },
  ): Promise<Reached> {
    const { emit, signal } = this.#control;
    const { id, seed } = run;
    const known = await trialRecord(run, this.#fingerprint, this.#control);
    if (known !== undefined) {
      this.#remember(known);
      if (hasReached(known, epochs)) return known;
      // It would fail again.
      if (known.reason === 'failed') {
        emit({ kind: 'failed', id, trial, message: known.failure ?? '' });
        return known;
      }
    }
    if (signal?.aborted === true) return 'interrupted';
    try {
      const record = await trainTo(run, epochs, this.#fingerprint, this.#control, (resumed) =>
        emit({ kind: 'run', id, trial, values, seed, epochs, resumed, ...more }),
      );
      if (record === undefined) return 'interrupted';
      this.#remember(record);
      const { reason, metric, failure, curve } = record;
      if (reason === 'failed') emit({ kind: 'failed', id, trial, message: failure ?? '' });
      else {
        const value = bestWithin(record, epochs)?.value ?? Number.NaN;
        emit({ kind: 'record', id, trial, seed, epochs: curve.length, reason, metric, value });
      }
      return record;
    } catch (error) {
      if (!(error instanceof RunFailure)) throw error;
      const { message } = error;
      this.failed.push({ id, message });
      emit({ kind: 'failed', id, trial, message });
      return { failure: error.what };
    }
  }

  #remember({ id, curve, times }: TrialRecord): void {
    this.#took.set(id, { epochs: curve.length, seconds: times.seconds });
  }

  /**
   * By the mean of the epochs that were trained; undefined before the first.
   *
   * @param rung Which is trained, from 0 on; beyond the last, the finalists' other seeds.
   * @param left Runs of it that have not ended.
   */
  #secondsLeft(rung: number, left: number): number | undefined {
    const took = [...this.#took.values()];
    const epochs = took.reduce((sum, each) => sum + each.epochs, 0);
    if (epochs === 0) return undefined;
    const { rungs, factor, finalists, seeds } = this.#specification;
    const whole = rungs.at(-1) ?? 0;
    const between = (at: number): number => (rungs[at] ?? 0) - (rungs[at - 1] ?? 0);
    const sizes = sizesOf(this.#trials.length, rungs, factor);
    const later = sizes.reduce((sum, size, at) => (at > rung ? sum + size * between(at) : sum), 0);
    const finals = rung < rungs.length ? finalists * (seeds - 1) * whole : 0;
    const now = left * (rung < rungs.length ? between(rung) : whole);
    const seconds = took.reduce((sum, each) => sum + each.seconds, 0);
    return ((now + later + finals) * seconds) / epochs / this.#jobs;
  }
}
