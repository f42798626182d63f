// The runs of a job, one after the other or several at once: what the search chose is trained with the other seeds.
import type { Cell } from './cells.js';
import { RunFailure } from '../jobs/child-run.js';
import { plannedRun, type Searched } from '../jobs/planned.js';
import { Slots, together } from '../jobs/slots.js';
import type { DataFacts, PlannedRun } from '../jobs/types.js';
import { doneRecord, testRun, trainRun, type JobControl } from './run-one.js';
import type { RunRecord, Specification } from './types.js';

/** What the runs of a cell gave, in the order of the job. */
export interface CellResult {
  readonly finals: readonly RunRecord[];
  readonly trials: readonly RunRecord[];
}

type Outcome = RunRecord | 'interrupted' | 'failed';

/** The runs of a job. */
export class Work {
  readonly #specification: Specification;
  readonly #cells: readonly Cell[];
  readonly #control: JobControl;
  readonly #total: number;
  readonly #jobs: number;
  readonly #slots: Slots;
  /** Of runs at once, where one of them shows that the job cannot go on. */
  readonly #stop = new AbortController();
  /** Seconds that runs took, by data set and model. */
  readonly #durations = new Map<string, number[]>();
  /** Runs that are done or have begun, by cell. */
  readonly #begun = new Map<Cell, number>();
  readonly failed: { readonly id: string; readonly message: string }[] = [];

  constructor({
    specification,
    cells,
    control,
    jobs,
  }: {
    readonly specification: Specification;
    readonly cells: readonly Cell[];
    readonly control: JobControl;
    /** Runs that are trained at once. */
    readonly jobs: number;
  }) {
    this.#specification = specification;
    this.#cells = cells;
    const { signal } = control;
    const stopped = signal === undefined ? [this.#stop.signal] : [this.#stop.signal, signal];
    this.#control = { ...control, signal: AbortSignal.any(stopped) };
    this.#jobs = jobs;
    this.#slots = new Slots(jobs);
    this.#total = cells.reduce((sum, cell) => sum + this.#runsOf(cell), 0);
  }

  get #searches(): boolean {
    return Object.keys(this.#specification.search).length > 0;
  }

  #runsOf({ grid }: Cell): number {
    const seeds = this.#specification.seeds.length;
    return this.#searches ? grid.length + seeds - 1 : seeds;
  }

  /** Says what is to be done. */
  async announce({
    out,
    added,
    ignored,
    facts,
  }: {
    readonly out: string;
    readonly added: readonly string[];
    readonly ignored: readonly string[];
    readonly facts: readonly DataFacts[];
  }): Promise<void> {
    let done = 0;
    for (const cell of this.#cells) {
      const { seeds } = this.#specification;
      const planned = this.#searches
        ? [...(await this.#trials(cell)), ...(await this.#chosenSeeds(cell))]
        : await Promise.all(seeds.map(async (seed) => this.#plan(cell, seed, {}, true)));
      for (const run of planned) {
        const record = await doneRecord(run, cell.facts.fingerprint, this.#control);
        if (record === undefined) continue;
        done++;
        this.#took(record);
      }
    }
    this.#control.emit({
      kind: 'plan',
      out,
      runs: this.#total,
      done,
      data: facts,
      models: [...new Set(this.#cells.map(({ model }) => model.label))],
      added,
      ignored,
    });
  }

  /** All runs: cells in their order, or as many at once as there are to be. Undefined where the comparison was interrupted. */
  async all(): Promise<CellResult | undefined> {
    const results: (CellResult | undefined)[] = [];
    if (this.#jobs > 1)
      results.push(
        ...(await together(
          this.#cells.map(async (cell) => this.#cell(cell)),
          this.#stop,
        )),
      );
    else
      for (const cell of this.#cells) {
        results.push(await this.#cell(cell));
        if (results.at(-1) === undefined) return undefined;
      }
    const whole = results.filter((result) => result !== undefined);
    if (whole.length < results.length) return undefined;
    return {
      finals: whole.flatMap(({ finals }) => finals),
      trials: whole.flatMap(({ trials }) => trials),
    };
  }

  /** Some runs of a cell, in their order; undefined where the comparison was interrupted. */
  async #several(cell: Cell, runs: readonly PlannedRun[]): Promise<RunRecord[] | undefined> {
    const outcomes: Outcome[] = [];
    if (this.#jobs > 1)
      outcomes.push(
        ...(await together(
          runs.map(async (run) => this.#run(cell, run)),
          this.#stop,
        )),
      );
    else
      for (const run of runs) {
        outcomes.push(await this.#run(cell, run));
        if (outcomes.at(-1) === 'interrupted') return undefined;
      }
    if (outcomes.includes('interrupted')) return undefined;
    return outcomes.flatMap((outcome) => (outcome === 'interrupted' || outcome === 'failed' ? [] : [outcome]));
  }

  /** All runs of a cell, those that failed left out; undefined where the comparison was interrupted. */
  async #cell(cell: Cell): Promise<CellResult | undefined> {
    const { seeds } = this.#specification;
    const planned = async (some: readonly number[], searched: Searched): Promise<PlannedRun[]> =>
      Promise.all(some.map(async (seed) => this.#plan(cell, seed, searched, true)));
    if (!this.#searches) {
      const finals = await this.#several(cell, await planned(seeds, {}));
      return finals && { finals, trials: [] };
    }
    const trials = await this.#several(cell, await this.#trials(cell));
    if (trials === undefined) return undefined;
    const best = bestOf(trials);
    if (best === undefined) return { finals: [], trials }; // every trial failed, and each was told
    const { data, model, searched } = best;
    this.#control.emit({ kind: 'chosen', data, model, searched });
    const [first = 0] = seeds;
    const tested = await this.#tested(cell, first, best);
    if (tested === undefined) return undefined;
    const others = await this.#several(cell, await planned(seeds.slice(1), searched));
    return others && { finals: [...tested, ...others], trials };
  }

  /** Ranks the test targets of the trial that was chosen: it is the run of its seed. */
  async #tested(cell: Cell, seed: number, best: RunRecord): Promise<RunRecord[] | undefined> {
    const run = await this.#plan(cell, seed, best.searched, false);
    try {
      const tested = await this.#slots.take(this.#cells.indexOf(cell), async () => testRun(run, best, this.#control));
      if (tested === undefined) return undefined;
      this.#tell(tested);
      return [tested];
    } catch (error) {
      this.#failed(run, error);
      return [];
    }
  }

  async #run(cell: Cell, run: PlannedRun): Promise<Outcome> {
    return this.#slots.take(this.#cells.indexOf(cell), async () => this.#runNow(cell, run));
  }

  async #runNow(cell: Cell, run: PlannedRun): Promise<Outcome> {
    const control = this.#control;
    const { fingerprint: hash } = cell.facts;
    this.#begun.set(cell, (this.#begun.get(cell) ?? 0) + 1);
    const number = [...this.#begun.values()].reduce((sum, count) => sum + count, 0);
    const done = await doneRecord(run, hash, control);
    if (done !== undefined) return done;
    if (control.signal?.aborted === true) return 'interrupted';
    try {
      const record = await trainRun(run, hash, control, (resumed) =>
        control.emit({
          kind: 'run',
          id: run.id,
          number,
          runs: this.#total,
          resumed,
          secondsLeft: this.#secondsLeft(cell),
        }),
      );
      if (record === undefined) return 'interrupted';
      this.#took(record);
      this.#tell(record);
      return record;
    } catch (error) {
      this.#failed(run, error);
      return 'failed';
    }
  }

  #failed({ id }: PlannedRun, error: unknown): void {
    if (!(error instanceof RunFailure)) throw error;
    const { message } = error;
    this.failed.push({ id, message });
    this.#control.emit({ kind: 'failed', id, message });
  }

  #tell(record: RunRecord): void {
    const { metric, value } = record.watched;
    const { maskSeen } = record.settings.evaluation;
    const tested = record.protocols[maskSeen === true ? 'masked' : 'unmasked'].test?.[metric];
    this.#control.emit({
      kind: 'record',
      id: record.id,
      metric,
      value: tested ?? value,
      split: tested === undefined ? 'valid' : 'test',
    });
  }

  async #plan(cell: Cell, seed: number, searched: Searched, test: boolean): Promise<PlannedRun> {
    const options = { specification: this.#specification, choice: this.#control.choice };
    const run = await plannedRun(cell.model, cell.data, seed, searched, options);
    return { ...run, config: { ...run.config, evaluation: { ...run.config.evaluation, test } } };
  }

  /** The runs of the search: their test targets stay unseen. */
  async #trials(cell: Cell): Promise<PlannedRun[]> {
    const [first = 0] = this.#specification.seeds;
    return Promise.all(cell.grid.map(async (searched) => this.#plan(cell, first, searched, false)));
  }

  /** The other seeds of what was chosen before, where the whole search is done. */
  async #chosenSeeds(cell: Cell): Promise<PlannedRun[]> {
    const records: RunRecord[] = [];
    for (const run of await this.#trials(cell)) {
      const record = await doneRecord(run, cell.facts.fingerprint, this.#control);
      if (record === undefined) return [];
      records.push(record);
    }
    const best = bestOf(records);
    if (best === undefined) return [];
    const { seeds } = this.#specification;
    return Promise.all(seeds.slice(1).map(async (seed) => this.#plan(cell, seed, best.searched, true)));
  }

  #took({ data, model, times }: RunRecord): void {
    const key = `${data}\n${model}`;
    this.#durations.set(key, [...(this.#durations.get(key) ?? []), times.seconds]);
  }

  /** By the mean of the runs of the same system and data, else of the same data, else of all; undefined before the first. */
  #secondsLeft(now: Cell): number | undefined {
    const all = [...this.#durations];
    const mean = (values: readonly number[]): number | undefined =>
      values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
    const expected = ({ facts, model }: Cell): number | undefined =>
      mean(this.#durations.get(`${facts.label}\n${model.label}`) ?? []) ??
      mean(all.filter(([key]) => key.startsWith(`${facts.label}\n`)).flatMap(([, each]) => each)) ??
      mean(all.flatMap(([, each]) => each));
    let seconds = 0;
    for (const cell of this.#cells) {
      const each = expected(cell);
      if (each === undefined) return undefined;
      // The one that begins is not done yet.
      const left = this.#runsOf(cell) - (this.#begun.get(cell) ?? 0) + (cell === now ? 1 : 0);
      seconds += (left * each) / this.#jobs;
    }
    return seconds;
  }
}

/** The record with the highest validation metric, the first of equals. */
function bestOf(records: readonly RunRecord[]): RunRecord | undefined {
  return records.reduce<RunRecord | undefined>(
    (best, each) => (best === undefined || each.watched.value > best.watched.value ? each : best),
    undefined,
  );
}
