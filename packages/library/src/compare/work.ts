// The runs of a job, one after the other: what the search chose is trained with the other seeds.
import type { Cell } from './cells.js';
import { CompareError } from './child-run.js';
import { plannedRun, type Searched } from './plan.js';
import { doneRecord, testRun, trainRun, type JobControl } from './run-one.js';
import type { DataFacts, PlannedRun, RunRecord, Specification } from './types.js';

/** The runs of a job, one after the other. */
export class Work {
  readonly #specification: Specification;
  readonly #cells: readonly Cell[];
  readonly #control: JobControl;
  readonly #total: number;
  /** Seconds that runs took, by data set and model. */
  readonly #durations = new Map<string, number[]>();
  #done = 0;
  readonly finals: RunRecord[] = [];
  readonly trials: RunRecord[] = [];
  readonly failed: { readonly id: string; readonly message: string }[] = [];

  constructor({
    specification,
    cells,
    control,
  }: {
    readonly specification: Specification;
    readonly cells: readonly Cell[];
    readonly control: JobControl;
  }) {
    this.#specification = specification;
    this.#cells = cells;
    this.#control = control;
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

  /** Whether all runs of a cell have been done or have failed; false where the comparison was interrupted. */
  async cell(cell: Cell): Promise<boolean> {
    const { seeds } = this.#specification;
    const [first = 0] = seeds;
    let searched: Searched | undefined = {};
    if (this.#searches) {
      const trials = await this.#search(cell);
      if (trials === undefined) return false;
      const best = bestOf(trials);
      searched = best?.searched;
      if (best !== undefined) {
        const { data, model } = best;
        this.#control.emit({ kind: 'chosen', data, model, searched: best.searched });
        const tested = await this.#tested(cell, first, best);
        if (tested === undefined) return false;
      }
    }
    if (searched === undefined) return true; // every trial failed, and each was told
    for (const seed of this.#searches ? seeds.slice(1) : seeds) {
      const outcome = await this.#run(cell, await this.#plan(cell, seed, searched, true));
      if (outcome === 'interrupted') return false;
      if (outcome !== 'failed') this.finals.push(outcome);
    }
    return true;
  }

  /** The runs of the search that came to an end; undefined where the comparison was interrupted. */
  async #search(cell: Cell): Promise<RunRecord[] | undefined> {
    const found: RunRecord[] = [];
    for (const run of await this.#trials(cell)) {
      const outcome = await this.#run(cell, run);
      if (outcome === 'interrupted') return undefined;
      if (outcome !== 'failed') found.push(outcome);
    }
    this.trials.push(...found);
    return found;
  }

  /** Ranks the test targets of the trial that was chosen: it is the run of its seed. */
  async #tested(cell: Cell, seed: number, best: RunRecord): Promise<true | undefined> {
    const run = await this.#plan(cell, seed, best.searched, false);
    try {
      const tested = await testRun(run, best, this.#control);
      if (tested === undefined) return undefined;
      this.finals.push(tested);
      this.#tell(tested);
    } catch (error) {
      this.#failed(run, error);
    }
    return true;
  }

  async #run(cell: Cell, run: PlannedRun): Promise<RunRecord | 'interrupted' | 'failed'> {
    const control = this.#control;
    const { fingerprint: hash } = cell.facts;
    this.#done++;
    const done = await doneRecord(run, hash, control);
    if (done !== undefined) return done;
    if (control.signal?.aborted === true) return 'interrupted';
    try {
      const record = await trainRun(run, hash, control, (resumed) =>
        control.emit({
          kind: 'run',
          id: run.id,
          number: this.#done,
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
    if (!(error instanceof CompareError)) throw error;
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
    const at = this.#cells.indexOf(now);
    let before = 0;
    let seconds = 0;
    for (const [index, cell] of this.#cells.entries()) {
      const runs = this.#runsOf(cell);
      const each = expected(cell);
      if (each === undefined) return undefined;
      if (index > at) seconds += runs * each;
      if (index === at) seconds += (before + runs - this.#done + 1) * each;
      before += runs;
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
