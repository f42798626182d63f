// Several candidates for the same work: each is made, its numbers are compared with those of the first, and they are timed in turns, with the
// large product of every engine among them. Knows neither training nor ranking.
import { gigaflopsOf } from './arithmetic.js';
import type { Figure, Measure, MeasuredCandidate } from './result.js';
import { measureRounds, type Subject } from './rounds.js';
import { ratios, summarize } from './statistics.js';

/** The large product on an engine. */
export interface Product {
  /** `onnxruntime cpu` */
  readonly engine: string;
  readonly size: number;
  run(): Promise<unknown>;
}

/** A candidate that is not made yet. */
export interface ContestPlan {
  readonly name: string;
  readonly title: string;
  readonly engine: string;
  /** The name of the plain candidate that it is compared with. */
  readonly plain?: string;
  make(): Promise<Contestant>;
}

/** A candidate, ready. */
export interface Contestant {
  /** Numbers that all candidates must agree on; called once, before anything is timed. */
  check(): Promise<readonly number[]>;
  /** The work of a visit; `timed` as of a {@link Subject}. Gives up where the signal of the contest is aborted. */
  run(timed: boolean): Promise<unknown>;
  /** See {@link Subject}. */
  readonly cold?: boolean;
  /** What takes the place of the time of {@link run}, in milliseconds, one a timed run. */
  readonly times?: () => readonly number[];
  /** What is said of it, given milliseconds of its visits and GFLOP/s of the product in the same rounds. */
  figures(samples: readonly number[], gigaflops: readonly number[]): readonly Figure[];
  dispose(): Promise<void>;
}

/** What happens in a contest. */
export type ContestEvent =
  | { readonly kind: 'ready'; readonly measure: string; readonly candidate: string; readonly problem: string | null }
  | { readonly kind: 'round'; readonly measure: string; readonly round: number; readonly rounds: number };

export interface ContestOptions {
  readonly name: string;
  readonly title: string;
  readonly rounds: number;
  readonly products: readonly Product[];
  readonly signal: AbortSignal;
  readonly onEvent: (event: ContestEvent) => void;
}

/** Numbers of two candidates may differ by so much of their size: what float32 sums in another order. */
const TOLERANCE = 2e-3;
/** A product repeats for about so many milliseconds in a visit. */
const VISIT = 60;
const MOST_REPEATS = 20;
/** Subjects that are products have this before the name of their engine. */
const PRODUCT = 'product of ';

interface Entry {
  readonly plan: ContestPlan;
  readonly contestant: Contestant | undefined;
  readonly problem: string | null;
}

/** Measures one kind of work. A candidate that fails, or gives other numbers than the first, is not timed; the result says why. */
export async function runContest(plans: readonly ContestPlan[], options: ContestOptions): Promise<Measure> {
  const { name, title, rounds, products, signal, onEvent } = options;
  const entries: Entry[] = [];
  try {
    let expected: readonly number[] | undefined;
    for (const plan of plans) {
      if (signal.aborted) break;
      const { entry, numbers } = await prepare(plan, expected, signal);
      entries.push(entry);
      expected ??= numbers;
      onEvent({ kind: 'ready', measure: name, candidate: plan.name, problem: entry.problem });
    }
    const ready = entries.flatMap(({ plan, contestant }) => (contestant === undefined ? [] : [{ plan, contestant }]));
    const subjects: Subject[] = ready.map(({ plan, contestant }) => ({
      name: plan.name,
      run: (timed) => contestant.run(timed),
      ...(contestant.cold === undefined ? {} : { cold: contestant.cold }),
    }));
    const used = products.filter(({ engine }) => ready.some(({ plan }) => plan.engine === engine));
    const repeats = await repeatsOf(signal.aborted ? [] : used);
    const often = (engine: string): number => repeats.get(engine) ?? 1;
    const repeated = async ({ engine, run }: Product): Promise<void> => {
      for (let i = 0; i < often(engine); i++) await run();
    };
    const samples = await measureRounds(
      signal.aborted || ready.length === 0
        ? []
        : [...subjects, ...used.map((product) => ({ name: PRODUCT + product.engine, run: () => repeated(product) }))],
      {
        minRounds: rounds,
        maxRounds: rounds,
        budget: Number.POSITIVE_INFINITY,
        precision: -1, // as many rounds as were asked for
        visit: 0, // a visit is as long as its work
        signal,
        onRound: (round) => onEvent({ kind: 'round', measure: name, round, rounds }),
      },
    );
    const done = Math.max(0, ...[...samples.values()].map((own) => own.length));
    const timesOf = ({ plan, contestant }: Entry): readonly number[] =>
      (contestant?.times?.() ?? samples.get(plan.name) ?? []).slice(0, done);
    const times = new Map(entries.map((entry) => [entry.plan.name, timesOf(entry)]));
    const candidates = entries.map((entry): MeasuredCandidate => {
      const product = products.find(({ engine }) => engine === entry.plan.engine);
      const each = (samples.get(PRODUCT + entry.plan.engine) ?? []).map((time) => time / often(entry.plan.engine));
      return resultOf(entry, { times, products: each, size: product?.size ?? 0 });
    });
    return { name, title, rounds: done, candidates };
  } finally {
    for (const { contestant } of entries) await contestant?.dispose();
  }
}

async function prepare(
  plan: ContestPlan,
  expected: readonly number[] | undefined,
  signal: AbortSignal,
): Promise<{ readonly entry: Entry; readonly numbers: readonly number[] | undefined }> {
  let contestant: Contestant | undefined;
  try {
    contestant = await plan.make();
    const numbers = await contestant.check();
    const problem = expected === undefined ? null : differenceOf(numbers, expected);
    if (problem === null) return { entry: { plan, contestant, problem }, numbers };
    await contestant.dispose();
    return { entry: { plan, contestant: undefined, problem }, numbers: undefined };
  } catch (error) {
    await contestant?.dispose();
    if (signal.aborted) return { entry: { plan, contestant: undefined, problem: 'interrupted' }, numbers: undefined };
    const problem = error instanceof Error ? error.message : String(error);
    return { entry: { plan, contestant: undefined, problem }, numbers: undefined };
  }
}

/** Says by how much numbers differ, where that is more than rounding. */
function differenceOf(numbers: readonly number[], expected: readonly number[]): string | null {
  if (numbers.length !== expected.length)
    return `gives ${numbers.length} numbers where the first candidate gives ${expected.length}`;
  const size = Math.max(1e-6, ...expected.map(Math.abs));
  const apart = numbers.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)) / size);
  const worst = apart.some((value) => Number.isNaN(value)) ? Number.NaN : Math.max(0, ...apart);
  return worst <= TOLERANCE
    ? null
    : `differs from the first candidate by ${worst.toPrecision(2)} of the largest number`;
}

/** How often each product is computed in a visit: one is over too soon to be timed alone, or long enough on a slow device. */
async function repeatsOf(products: readonly Product[]): Promise<ReadonlyMap<string, number>> {
  const repeats = new Map<string, number>();
  for (const { engine, run } of products) {
    await run();
    const started = performance.now();
    await run();
    const often = Math.round(VISIT / (performance.now() - started));
    repeats.set(engine, Math.max(1, Math.min(MOST_REPEATS, often)));
  }
  return repeats;
}

function resultOf(
  { plan, contestant, problem }: Entry,
  measured: {
    readonly times: ReadonlyMap<string, readonly number[]>;
    readonly products: readonly number[];
    readonly size: number;
  },
): MeasuredCandidate {
  const { times, products, size } = measured;
  const samples = times.get(plan.name) ?? [];
  const plain = plan.plain === undefined ? [] : (times.get(plan.plain) ?? []);
  const has = samples.length > 0;
  return {
    name: plan.name,
    title: plan.title,
    engine: plan.engine,
    plain: plan.plain ?? null,
    samples,
    products: has ? products : [],
    milliseconds: has ? summarize(samples) : null,
    ratio: has && plain.length > 0 ? summarize(ratios(samples, plain)) : null,
    figures: has
      ? (contestant?.figures(
          samples,
          products.map((time) => gigaflopsOf(size, time)),
        ) ?? [])
      : [],
    problem,
  };
}
