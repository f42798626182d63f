// The run: engines one beside the other, case by case; check first, then time.
import { gigaflopsOf } from '../measure/arithmetic.js';
import { measureRounds } from '../measure/rounds.js';
import { summarize, type Summary } from '../measure/statistics.js';
import { busyWarning, describeMachine, load } from '../report/machine.js';
import type { AttentionReport, CaseResult, EngineResult } from '../report/result.js';
import { engineTitle, type Engine } from './candidate.js';
import { caseData, casesOf, caseTitle, type GridOptions } from './case.js';
import { measureCase, predictedSeconds, PRODUCT, type CaseJob } from './cell.js';
import { checkAgainstReference } from './check.js';
import type { Missing } from '../engine/open.js';

/** What to measure and how long. */
export interface BenchmarkOptions extends GridOptions {
  /** Seconds for all cases together. */
  readonly budget: number;
  /** Milliseconds of timed runs in a visit. */
  readonly visit: number;
  /** Side of the matrices whose product gives the rate. */
  readonly productSize: number;
}

/** What happens during a run. */
export type BenchmarkEvent =
  | { readonly kind: 'rate'; readonly engine: string; readonly gigaflops: number }
  | { readonly kind: 'check'; readonly engine: string; readonly difference: number }
  | {
      readonly kind: 'round';
      readonly cell: number;
      readonly cells: number;
      readonly title: string;
      readonly round: number;
      /** Seconds of the budget. */
      readonly left: number;
    }
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

const METHOD = [
  'A time is that of one call with typed arrays in (item stream, attributes or ids, mask of padding if there is any) and a Float32Array out, the same for every candidate; copies to and from the device are in it. Weights, tables and compiled programs are ready before.',
  'A round visits every candidate of a case once, in an order that changes; a visit waits until the process is at rest, runs once untimed, then for about 60 ms (--quick: 10), and keeps the median. Medians and quartiles are over rounds; a ratio is taken within each round, so drift of the machine cancels.',
  'Rounds end when the ratios of all candidates to plain attention are known to 1 % (95 % interval of the median), when the budget of the case is used, or after 40.',
  'Fraction: the time of the matrix products that cannot be avoided, at the rate of one large product measured on the same backend in the same rounds, over the time taken.',
  'Inputs are random; sequences are full unless --padding is given; all candidates agree with the definition within 1e-4 before any is timed.',
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
  const before: EngineResult[] = [];
  for (const engine of engines) if (!signal.aborted) before.push(await tryEngine(engine, options, warn, onEvent));
  const cases = signal.aborted ? [] : await measureCells(options, before, context);
  const complete = !signal.aborted;
  const after: EngineResult[] = [];
  for (const [index, own] of before.entries()) {
    const engine = engines[index];
    after.push(complete && engine !== undefined ? await tryAgain(engine, own, options, warn) : own);
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
    engines: after,
    missing,
    cases,
  };
}

/** Rate and correctness of an engine before anything is timed. */
async function tryEngine(
  engine: Engine,
  options: BenchmarkOptions,
  warn: (message: string) => void,
  onEvent: (event: BenchmarkEvent) => void,
): Promise<EngineResult> {
  const { backend, device, threads = null, library } = engine;
  const start = await productRate(engine, options);
  onEvent({ kind: 'rate', engine: engineTitle(engine), gigaflops: start.median });
  const { difference, problems } = await checkAgainstReference(engine, options);
  for (const problem of problems) warn(problem);
  onEvent({ kind: 'check', engine: engineTitle(engine), difference });
  const size = productSize(engine, options.productSize);
  return { backend, device, threads, library, productSize: size, rate: { start, end: null }, difference };
}

/** Rate of an engine when everything is over. */
async function tryAgain(
  engine: Engine,
  own: EngineResult,
  options: BenchmarkOptions,
  warn: (message: string) => void,
): Promise<EngineResult> {
  const { start } = own.rate;
  const end = await productRate(engine, options);
  const drift = end.median / start.median;
  if (drift > 1.2 || drift < 1 / 1.2)
    warn(
      `${engineTitle(engine)}: the large product ran at ${start.median.toPrecision(3)} GFLOP/s at the start and ${end.median.toPrecision(3)} at the end: compare ratios, not times`,
    );
  return { ...own, rate: { start, end } };
}

/** Every case on every engine; what is left of the budget is shared out by how much arithmetic is left. */
async function measureCells(
  options: BenchmarkOptions,
  before: readonly EngineResult[],
  { engines, signal, onEvent }: BenchmarkContext,
): Promise<CaseResult[]> {
  const rates = new Map(engines.map((engine, index) => [engine, before[index]?.rate.start.median ?? Number.NaN]));
  const cells = casesOf(options).flatMap((own) =>
    engines.map((engine) => {
      const rate = rates.get(engine) ?? Number.NaN;
      // Slow cases get more time, but not so much that nothing is left for the others.
      return { own, engine, rate, weight: 1 + Math.min(MOST_WEIGHT, predictedSeconds(own, rate)) };
    }),
  );
  const results: CaseResult[] = [];
  const begin = performance.now();
  let shared: (Pick<CaseJob, 'data' | 'expected'> & { readonly own: unknown }) | undefined;
  for (const [index, { own, engine, rate, weight }] of cells.entries()) {
    if (signal.aborted) break;
    if (shared?.own !== own) shared = { own, data: caseData(own), expected: new Map() };
    const left = options.budget * 1000 - (performance.now() - begin);
    const share = (left * weight) / cells.slice(index).reduce((sum, cell) => sum + cell.weight, 0);
    const place = { cell: index + 1, cells: cells.length };
    const title = `${engineTitle(engine)}: ${caseTitle(own)}`;
    const round = (count: number): void =>
      onEvent({
        kind: 'round',
        ...place,
        title,
        round: count,
        left: options.budget - (performance.now() - begin) / 1000,
      });
    round(0);
    const result = await measureCase({
      own,
      engine,
      rate,
      signal,
      data: shared.data,
      expected: shared.expected,
      budget: Math.max(LEAST_BUDGET, share),
      productSize: productSize(engine, options.productSize),
      visit: options.visit,
      onRound: round,
    });
    if (signal.aborted && result.rounds === 0) break;
    results.push(result);
    onEvent({ kind: 'case', ...place, result });
  }
  return results;
}

/** Milliseconds. */
const LEAST_BUDGET = 200;
const MOST_WEIGHT = 3;

/** The reference backend multiplies a thousand times slower. */
function productSize(engine: Engine, size: number): number {
  return engine.backend === 'reference' ? Math.min(size, 128) : size;
}

/** GFLOP/s of the large product. */
async function productRate(engine: Engine, options: BenchmarkOptions): Promise<Summary> {
  const size = productSize(engine, options.productSize);
  const product = await engine.product(size);
  const samples = await measureRounds([{ name: PRODUCT, run: () => product.run() }], {
    minRounds: 2,
    maxRounds: 7,
    budget: Math.min(2000, 10 * options.budget), // a hundredth of the seconds for all
    precision: -1, // as many rounds as that allows: one subject has no ratios that could settle
    visit: options.visit,
  });
  await product.dispose();
  return summarize((samples.get(PRODUCT) ?? []).map((time) => gigaflopsOf(size, time)));
}
