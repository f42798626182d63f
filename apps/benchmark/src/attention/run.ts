// The run: engines one beside the other, case by case; check first, then time.
import { createReferenceBackend } from '@difsr/graph';
import { measureRounds, type Samples } from '../measure/rounds.js';
import { ratios, summarize, type Summary } from '../measure/statistics.js';
import { busyWarning, describeMachine, load } from '../report/machine.js';
import type { AttentionReport, CandidateResult, CaseResult, EngineResult, RatioResult } from '../report/result.js';
import { operations } from './arithmetic.js';
import { engineTitle, type Candidate, type CandidateName, type Engine } from './candidate.js';
import { caseData, casesOf, caseTitle, type Case, type CaseData, type GridOptions } from './case.js';
import { largestDifference, TOLERANCE } from './check.js';
import type { Missing } from './engines.js';
import { definitionGraph, plainGraph, sizesOf, tracedCandidate } from './traced.js';

/** What to measure and how long. */
export interface BenchmarkOptions extends GridOptions {
  /** Seconds for all cases together. */
  readonly budget: number;
  /** Side of the matrices whose product gives the rate. */
  readonly productSize: number;
}

/** What happens during a run. */
export type BenchmarkEvent =
  | { readonly kind: 'rate'; readonly engine: string; readonly gigaflops: number }
  | { readonly kind: 'check'; readonly engine: string; readonly difference: number }
  | { readonly kind: 'round'; readonly cell: number; readonly cells: number; readonly title: string; readonly round: number }
  | { readonly kind: 'case'; readonly cell: number; readonly cells: number; readonly result: CaseResult }
  | { readonly kind: 'warning'; readonly message: string };

/** What a run is about, for the report. */
export interface BenchmarkContext {
  readonly engines: readonly Engine[];
  readonly missing: readonly Missing[];
  readonly command: string;
  readonly signal: AbortSignal;
  readonly onEvent: (event: BenchmarkEvent) => void;
}

/** A large product enters the rounds of a case where it takes at most so many milliseconds. */
const PRODUCT_IN_ROUNDS = 250;
const VISIT = 60;
const PRECISION = 0.01;
const MIN_ROUNDS = 3;
const MAX_ROUNDS = 40;
const PRODUCT = 'product';

const METHOD = [
  'A time is that of one call with typed arrays in (item stream, attributes or ids, mask of padding) and a Float32Array out, the same for every candidate; copies to and from the device are in it. Weights, tables and compiled programs are ready before.',
  'A round visits every candidate of a case once, in an order that changes; a visit waits until the process is at rest, runs once untimed, then for about 60 ms, and keeps the median. Medians and quartiles are over rounds; a ratio is taken within each round, so drift of the machine cancels.',
  'Fraction: the time of the matrix products that cannot be avoided, at the rate of one large product measured on the same backend in the same rounds, over the time taken.',
  'Inputs are random; sequences fill half of the length or more; all candidates agree with the definition within 1e-4 before any is timed.',
] as const;

/** Measures all cases on all engines. */
export async function runBenchmark(options: BenchmarkOptions, context: BenchmarkContext): Promise<AttentionReport> {
  const { engines, missing, command, signal, onEvent } = context;
  const started = new Date();
  const machine = describeMachine();
  const loadAtStart = load();
  const warnings: string[] = [];
  const warn = (message: string | undefined): void => {
    if (message === undefined) return;
    warnings.push(message);
    onEvent({ kind: 'warning', message });
  };
  warn(busyWarning(loadAtStart, machine.cores, 0));

  const measured: EngineResult[] = [];
  for (const engine of engines) {
    if (signal.aborted) break;
    const start = await productRate(engine, options.productSize);
    onEvent({ kind: 'rate', engine: engineTitle(engine), gigaflops: start.median });
    const difference = await checkAgainstReference(engine, options);
    onEvent({ kind: 'check', engine: engineTitle(engine), difference });
    const { backend, device, threads, library } = engine;
    const rate = { start, end: null };
    measured.push({ backend, device, threads: threads ?? null, library, productSize: productSize(engine, options.productSize), rate, difference });
  }

  const cells = casesOf(options).flatMap((own) => engines.map((engine) => ({ own, engine })));
  const weights = cells.map(({ own, engine }) => 1 + predictedSeconds(own, rateOf(measured, engine)));
  const results: CaseResult[] = [];
  const begin = performance.now();
  let data: { readonly own: Case; readonly values: CaseData } | undefined;
  const expected = new Map<Case, Map<'plain' | 'dif', Float32Array>>();
  for (const [index, { own, engine }] of cells.entries()) {
    if (signal.aborted) break;
    if (data?.own !== own) data = { own, values: caseData(own) };
    const known = expected.get(own) ?? new Map<'plain' | 'dif', Float32Array>();
    expected.clear(); // outputs of earlier cases are needed no more
    expected.set(own, known);
    const left = options.budget - (performance.now() - begin) / 1000;
    const share = (left * weights[index]!) / weights.slice(index).reduce((a, b) => a + b, 0); // one weight a cell
    const result = await measureCase({
      own,
      engine,
      data: data.values,
      expected: known,
      budget: Math.max(0.2, share) * 1000,
      rate: rateOf(measured, engine),
      productSize: productSize(engine, options.productSize),
      signal,
      onRound: (round) =>
        onEvent({ kind: 'round', cell: index + 1, cells: cells.length, title: `${engineTitle(engine)}: ${caseTitle(own)}`, round }),
    });
    if (signal.aborted && result.rounds === 0) break;
    results.push(result);
    onEvent({ kind: 'case', cell: index + 1, cells: cells.length, result });
  }

  const complete = !signal.aborted;
  for (const [index, engine] of engines.entries()) {
    const own = measured[index];
    if (!complete || own === undefined) continue;
    const end = await productRate(engine, options.productSize);
    measured[index] = { ...own, rate: { ...own.rate, end } };
    const drift = end.median / own.rate.start.median;
    if (drift > 1.2 || drift < 1 / 1.2)
      warn(`${engineTitle(engine)}: the large product ran at ${own.rate.start.median.toFixed(1)} GFLOP/s at the start and ${end.median.toFixed(1)} at the end; compare ratios, not times`);
  }
  const loadAtEnd = load();
  warn(busyWarning(loadAtEnd, machine.cores, Math.max(1, ...engines.map(({ threads }) => threads ?? 1))));
  return {
    kind: 'difsr-bench attention',
    version: 1,
    complete,
    started: started.toISOString(),
    finished: new Date().toISOString(),
    command,
    options: { ...options },
    machine,
    load: { start: loadAtStart, end: loadAtEnd },
    warnings,
    method: METHOD,
    engines: measured,
    missing,
    cases: results,
  };
}

/** The reference backend multiplies a thousand times slower. */
function productSize(engine: Engine, size: number): number {
  return engine.backend === 'reference' ? Math.min(size, 128) : size;
}

/** GFLOP/s of the large product. */
async function productRate(engine: Engine, wanted: number): Promise<Summary> {
  const size = productSize(engine, wanted);
  const product = await engine.product(size);
  const samples = await measureRounds([{ name: PRODUCT, run: () => product.run() }], {
    minRounds: 2,
    maxRounds: 7,
    budget: 2000,
    precision: -1, // as many rounds as the budget allows: one subject has no ratios that could settle
    visit: VISIT,
  });
  await product.dispose();
  return summarize((samples.get(PRODUCT) ?? []).map((time) => gigaflopsOf(size, time)));
}

function gigaflopsOf(size: number, milliseconds: number): number {
  return (2 * size ** 3) / (milliseconds * 1e6);
}

function rateOf(measured: readonly EngineResult[], engine: Engine): number {
  const own = measured.find(({ backend, device }) => backend === engine.backend && device === engine.device);
  return own?.rate.start.median ?? Number.NaN;
}

/** Seconds of a round at the least: each candidate once untimed and once timed. */
function predictedSeconds(own: Case, gigaflops: number): number {
  return (2 * 5 * operations(definitionGraph(own).graph, sizesOf(own))) / (gigaflops * 1e9);
}

/** Largest difference of an engine's candidates from the float64 reference, over all fusions of a small case. */
async function checkAgainstReference(engine: Engine, options: BenchmarkOptions): Promise<number> {
  const reference = createReferenceBackend();
  let largest = 0;
  for (const fusion of options.fusions) {
    const { heads, position } = options;
    const own: Case = { fusion, sides: 2, length: 6, batch: 3, width: 4 * heads, sideWidth: 2 * heads, heads, position, items: 9 };
    const values = caseData(own);
    const expected = {
      plain: await runOnce(await tracedCandidate(reference, 'plain', plainGraph(own), own, values)),
      dif: await runOnce(await tracedCandidate(reference, 'unfused', definitionGraph(own), own, values)),
    };
    for (const plan of engine.plans(own, values)) {
      const output = await runOnce(await plan.prepare());
      largest = Math.max(largest, largestDifference(output, expected[kindOf(plan.name)]));
    }
  }
  await reference.dispose();
  return largest;
}

async function runOnce(candidate: Candidate): Promise<Float32Array> {
  try {
    return await candidate.run();
  } finally {
    await candidate.dispose();
  }
}

function kindOf(name: CandidateName): 'plain' | 'dif' {
  return name === 'plain' || name === 'plain-fused' ? 'plain' : 'dif';
}

interface CaseJob {
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
  readonly signal: AbortSignal;
  readonly onRound: (round: number) => void;
}

/** Cells whose arithmetic alone takes so many times their share of the budget are not measured. */
const HOPELESS = 6;

async function measureCase(job: CaseJob): Promise<CaseResult> {
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
    const inRounds = gigaflopsTime(job.productSize, rate) <= PRODUCT_IN_ROUNDS;
    const subjects = ready.map(({ name, run }) => ({ name: String(name), run }));
    if (inRounds) subjects.push({ name: PRODUCT, run: () => product.run().then(() => new Float32Array()) });
    const once = entries.reduce((sum, { firstRun }) => sum + firstRun, 0);
    const samples = await measureRounds(job.signal.aborted ? [] : subjects, {
      minRounds: once * MIN_ROUNDS > 3 * job.budget ? 1 : MIN_ROUNDS,
      maxRounds: MAX_ROUNDS,
      budget: job.budget - once,
      precision: PRECISION,
      visit: VISIT,
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

async function prepare(plan: { readonly name: CandidateName; prepare(): Promise<Candidate> }, job: CaseJob): Promise<Entry> {
  const { name } = plan;
  let candidate: Candidate | undefined;
  try {
    candidate = await plan.prepare();
    const start = performance.now();
    const output = await candidate.run();
    const firstRun = performance.now() - start;
    // Without sources of its own, DIF attention is plain attention.
    const kind = job.own.sides === 0 && !job.own.position ? 'plain' : kindOf(name);
    const expected = job.expected.get(kind);
    if (expected === undefined) job.expected.set(kind, output);
    const difference = largestDifference(output, expected ?? output);
    if (difference <= TOLERANCE) return { name, candidate, difference, firstRun, problem: null };
    await candidate.dispose();
    const problem = `differs from the definition by ${difference.toPrecision(2)} (at most ${TOLERANCE} allowed)`;
    return { name, candidate: undefined, difference: Number.isFinite(difference) ? difference : null, firstRun, problem };
  } catch (error) {
    await candidate?.dispose();
    const problem = error instanceof Error ? error.message : String(error);
    return { name, candidate: undefined, difference: null, firstRun: 0, problem };
  }
}

function gigaflopsTime(size: number, gigaflops: number): number {
  return (2 * size ** 3) / (gigaflops * 1e6);
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
    const fractions = times.map((time, round) => (gigaflop / (gigaflopsAt(product[round], size) ?? rate)) * (1000 / time));
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
