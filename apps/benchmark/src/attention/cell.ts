// One case on one engine: every candidate is made, checked and timed beside the others.
import { gigaflopsOf, operations } from '../measure/arithmetic.js';
import { measureRounds, type Samples } from '../measure/rounds.js';
import { ratios, summarize } from '../measure/statistics.js';
import type { CandidateResult, CaseResult, RatioResult } from '../report/result.js';
import type { Candidate, CandidateName, Engine, Plan } from './candidate.js';
import type { Case, CaseData } from './case.js';
import { differs, kindOf, largestDifference, TOLERANCE } from './check.js';
import { definitionGraph, sizesOf } from './traced.js';

/** The large product among the subjects of a round. */
export const PRODUCT = 'product';
/** A large product enters the rounds of a case where it takes at most so many milliseconds. */
const PRODUCT_IN_ROUNDS = 250;
const PRECISION = 0.01;
const MIN_ROUNDS = 3;
/** Where running every candidate once takes so many milliseconds and more than the budget, one round must do. */
const VERY_LONG = 5000;
const MAX_ROUNDS = 40;
/** Cells whose arithmetic alone takes so many times their share of the budget are not measured. */
const HOPELESS = 4;

/** What is measured where, and how long. */
export interface CaseJob {
  readonly own: Case;
  readonly engine: Engine;
  readonly data: CaseData;
  /** Outputs that candidates must give; the first engine's definitions set them. */
  readonly expected: Map<'plain' | 'dif', Float32Array>;
  /** Milliseconds. */
  readonly budget: number;
  /** GFLOP/s of the large product at the start. */
  readonly rate: number;
  readonly productSize: number;
  /** Milliseconds of timed runs in a visit. */
  readonly visit: number;
  readonly signal: AbortSignal;
  readonly onRound: (round: number) => void;
}

/** Seconds of a round at the least: each candidate once untimed and once timed. */
export function predictedSeconds(own: Case, gigaflops: number): number {
  return (2 * 5 * operations(definitionGraph(own).graph, sizesOf(own))) / (gigaflops * 1e9);
}

/** Measures a case. A candidate that fails or gives other numbers is not timed; the result says why. */
export async function measureCase(job: CaseJob): Promise<CaseResult> {
  const { own, engine, rate } = job;
  const empty = { backend: engine.backend, device: engine.device, case: own, rounds: 0, candidates: [], ratios: [] };
  const seconds = predictedSeconds(own, rate);
  if (seconds * 1000 > HOPELESS * job.budget) {
    const skipped = `one round would take at least ${seconds.toFixed(0)} s, its share of the budget is ${(job.budget / 1000).toFixed(1)} s: raise --budget`;
    return { ...empty, rate: { gigaflops: rate, when: 'start' }, skipped };
  }
  const entries: Entry[] = [];
  try {
    for (const plan of engine.plans(own, job.data)) {
      if (job.signal.aborted) break;
      entries.push(await prepare(plan, job));
    }
    const ready = entries.flatMap(({ candidate }) => (candidate === undefined ? [] : [candidate]));
    const product = await engine.product(job.productSize);
    const inRounds = (2 * job.productSize ** 3) / (rate * 1e6) <= PRODUCT_IN_ROUNDS;
    const subjects = ready.map(({ name, run }) => ({ name: String(name), run }));
    if (inRounds) subjects.push({ name: PRODUCT, run: () => product.run().then(() => new Float32Array()) });
    const once = entries.reduce((sum, { firstRun }) => sum + firstRun, 0);
    const samples = await measureRounds(job.signal.aborted ? [] : subjects, {
      minRounds: once > Math.max(job.budget, VERY_LONG) ? 1 : MIN_ROUNDS,
      maxRounds: MAX_ROUNDS,
      budget: job.budget - once,
      precision: PRECISION,
      visit: job.visit,
      signal: job.signal,
      onRound: job.onRound,
    });
    await product.dispose();
    return { ...empty, ...summarizeCase(entries, samples, job), skipped: null };
  } finally {
    for (const { candidate } of entries) await candidate?.dispose();
  }
}

/** A candidate that ran once, or why it did not. */
interface Entry {
  readonly name: CandidateName;
  readonly candidate: Candidate | undefined;
  readonly difference: number | null;
  /** Milliseconds. */
  readonly firstRun: number;
  readonly problem: string | null;
}

async function prepare(plan: Plan, job: CaseJob): Promise<Entry> {
  const { name } = plan;
  let candidate: Candidate | undefined;
  try {
    candidate = await plan.prepare();
    const start = performance.now();
    const output = await candidate.run();
    const firstRun = performance.now() - start;
    const kind = kindOf(name, job.own);
    const expected = job.expected.get(kind);
    if (expected === undefined) job.expected.set(kind, output);
    const difference = largestDifference(output, expected ?? output, job.data.valid);
    if (difference <= TOLERANCE) return { name, candidate, difference, firstRun, problem: null };
    await candidate.dispose();
    const finite = Number.isFinite(difference) ? difference : null;
    return { name, candidate: undefined, difference: finite, firstRun, problem: differs(difference) };
  } catch (error) {
    await candidate?.dispose();
    const problem = error instanceof Error ? error.message : String(error);
    return { name, candidate: undefined, difference: null, firstRun: 0, problem };
  }
}

/** Ratios that reports show, where both were measured. */
const RATIOS: readonly (readonly [CandidateName, CandidateName])[] = [
  ['fused', 'unfused'],
  ['tabulated', 'fused'],
  ['straightforward', 'unfused'],
  ['straightforward', 'fused'],
  ['unfused', 'plain'],
  ['fused', 'plain'],
  ['tabulated', 'plain'],
  ['plain-fused', 'plain'],
  ['fused', 'plain-fused'],
  ['tabulated', 'plain-fused'],
  ['straightforward', 'plain'],
];

function summarizeCase(
  entries: readonly Entry[],
  samples: Samples,
  { own, rate, productSize: size }: CaseJob,
): Pick<CaseResult, 'rounds' | 'rate' | 'candidates' | 'ratios'> {
  const rounds = Math.max(0, ...[...samples.values()].map((times) => times.length));
  const product = samples.get(PRODUCT) ?? [];
  const candidates = entries.map(({ name, candidate, difference, problem }): CandidateResult => {
    const times = samples.get(name) ?? [];
    const gigaflop = (candidate?.operations ?? operations(definitionGraph(own).graph, sizesOf(own))) / 1e9;
    // The floor at the rate of the same round, or of the start.
    const fractions = times.map(
      (time, round) => (gigaflop / (gigaflopsAt(product[round], size) ?? rate)) * (1000 / time),
    );
    return {
      name,
      gigaflop,
      difference,
      milliseconds: times.length === 0 ? null : summarize(times),
      samples: times,
      fraction: times.length === 0 ? null : summarize(fractions),
      problem,
    };
  });
  return {
    rounds,
    rate:
      product.length > 0
        ? { gigaflops: summarize(product.map((time) => gigaflopsOf(size, time))).median, when: 'rounds' }
        : { gigaflops: rate, when: 'start' },
    candidates,
    ratios: RATIOS.flatMap(([of, to]): RatioResult[] => {
      const [above, below] = [samples.get(of) ?? [], samples.get(to) ?? []];
      return above.length > 0 && below.length > 0 ? [{ of, to, ratio: summarize(ratios(above, below)) }] : [];
    }),
  };
}

function gigaflopsAt(milliseconds: number | undefined, size: number): number | undefined {
  return milliseconds === undefined ? undefined : gigaflopsOf(size, milliseconds);
}
