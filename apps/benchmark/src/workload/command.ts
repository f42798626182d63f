// How train, evaluate, recommend and load run: what is opened, measured, written and said, and the exit code.
import { availableParallelism } from 'node:os';
import { withInterrupt } from '@difsr/errors/commands';
import { Owned } from '@difsr/models';
import { compareResults, requireComparable, type Comparable, type Comparison } from '../compare/compare.js';
import { readResult } from '../compare/read.js';
import { openBackends, type Missing, type OpenBackend, type Place } from '../engine/open.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { runContest, type ContestEvent, type ContestPlan } from '../measure/contest.js';
import type { BenchmarkResult, Measure, MeasuredCommand } from '../measure/result.js';
import { busyWarning, describeMachine, load } from '../report/machine.js';
import { resultLines } from '../report/result-lines.js';
import { prepareReport, writeResult } from '../report/write.js';
import { openLine, type LiveLine } from '../terminal/line.js';
import { openWorkload, type Workload } from './open.js';
import type { SharedOptions } from './options.js';
import { engineName, openProducts, PRODUCT_SIZE, QUICK_PRODUCT_SIZE } from './product.js';

/** What a command measures with. */
export interface Measuring {
  readonly workload: Workload;
  readonly opened: readonly OpenBackend[];
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly progress: LiveLine;
  /** Frees what it is given when everything is over. */
  readonly owned: Owned;
  /** Measures one kind of work in rounds. */
  contest(plans: readonly ContestPlan[], measure: Pick<Measure, 'name' | 'title'>): Promise<Measure>;
}

/** What makes a command. */
export interface MeasuredSpec {
  readonly name: MeasuredCommand;
  /** What follows `difsr-bench`, for the report. */
  readonly args: readonly string[];
  /** Rounds where none are named. */
  readonly rounds: number;
  /** Where ONNX Runtime computes. */
  readonly place: Place;
  readonly method: readonly string[];
  readonly work: BenchmarkResult['work'];
  measures(measuring: Measuring): Promise<readonly Measure[]>;
}

const QUICK_ROUNDS = 3;

/** Runs a command to its exit code. @throws UsageError, DataError, BackendError, ReportError as `--help` says */
export async function runMeasured(options: SharedOptions, spec: MeasuredSpec): Promise<ExitCode> {
  await prepareReport(options.out);
  const baseline = options.compare === undefined ? undefined : await readResult(options.compare);
  const threads = options.threads ?? availableParallelism();
  const owned = new Owned();
  const progress = openLine();
  let result: BenchmarkResult | undefined;
  try {
    const { opened, missing } = await openBackends({
      backends: options.backends,
      devices: options.devices,
      threads,
      otherwise: 'one',
      place: spec.place,
    });
    for (const { backend } of opened) owned.add(backend);
    progress.draw('opening the data set');
    const workload = await openWorkload(options);
    const header = headerOf(spec, options, workload, opened);
    if (baseline !== undefined) requireComparable(baseline, header, options.compare ?? '');
    result = await withInterrupt(
      (signal) => measureAll({ options, spec, workload, header, opened, missing, threads, signal, progress, owned }),
      { doing: () => 'stopping', stopped: () => undefined },
    );
  } finally {
    progress.close();
    await owned.dispose();
  }
  if (result === undefined) return exitCodes.interrupted;
  const comparison =
    baseline === undefined
      ? undefined
      : compareResults(baseline, result, { file: options.compare ?? '', tolerance: options.tolerance / 100 });
  return tell(options, spec, result, comparison);
}

/** Writes and says what came out. */
async function tell(
  options: SharedOptions,
  spec: MeasuredSpec,
  result: BenchmarkResult,
  comparison: Comparison | undefined,
): Promise<ExitCode> {
  const folder = options.out ?? `benchmarks/${spec.name}-${result.started.slice(0, 19).replaceAll(':', '-')}`;
  const paths = await writeResult(folder, result, comparison);
  const lines =
    options.json === true
      ? [JSON.stringify({ ...result, ...(comparison === undefined ? {} : { comparison }) }, undefined, 2)]
      : [...resultLines(result, comparison), '', ...paths];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (!result.complete) return exitCodes.interrupted;
  const candidates = result.measures.flatMap(({ candidates: own }) => own);
  if (candidates.some(({ problem }) => problem !== null)) return exitCodes.failed;
  return comparison?.rows.some(({ verdict }) => verdict === 'slower') === true ? exitCodes.slower : exitCodes.ok;
}

/** What is known of the result before anything is measured: a baseline of something else is refused then. */
function headerOf(
  { name, work }: MeasuredSpec,
  { quick }: SharedOptions,
  { data, model }: Workload,
  opened: readonly OpenBackend[],
): Comparable {
  return {
    kind: `difsr-bench ${name}`,
    data,
    model,
    work,
    machine: describeMachine(),
    productSize: quick === true ? QUICK_PRODUCT_SIZE : PRODUCT_SIZE,
    engines: opened.map((open) => ({ name: engineName(open), threads: open.threads ?? null, library: open.library })),
  };
}

interface Job extends Omit<Measuring, 'contest'> {
  readonly options: SharedOptions;
  readonly spec: MeasuredSpec;
  readonly header: Comparable;
  readonly missing: readonly Missing[];
}

async function measureAll(job: Job): Promise<BenchmarkResult> {
  const { options, spec, header, opened, missing, threads, signal, progress, owned } = job;
  const started = new Date();
  const loadAtStart = load();
  const warnings: string[] = [];
  const warn = (message: string | undefined): void => {
    if (message === undefined) return;
    warnings.push(message);
    progress.say(`warning: ${message}`);
  };
  const { cores } = header.machine;
  warn(busyWarning(loadAtStart, cores, 0));
  progress.draw('compiling the large product');
  const products = await openProducts(opened, header.productSize, owned);
  const rounds = options.rounds ?? (options.quick === true ? QUICK_ROUNDS : spec.rounds);
  const onEvent = (event: ContestEvent): void => {
    if (event.kind === 'round') progress.say(`${event.measure}: round ${event.round} of ${event.rounds}`);
    else if (event.problem === null) progress.draw(`${event.measure}: ${event.candidate} is ready`);
    else warn(`${event.measure}, ${event.candidate}: ${event.problem}`);
  };
  const contest: Measuring['contest'] = (plans, measure) =>
    runContest(plans, { ...measure, rounds, products, signal, onEvent });
  const measures = await spec.measures({ ...job, contest });
  const loadAtEnd = load();
  warn(busyWarning(loadAtEnd, cores, threads));
  return {
    ...header,
    version: 1,
    complete: !signal.aborted,
    started: started.toISOString(),
    finished: new Date().toISOString(),
    command: ['difsr-bench', ...spec.args].join(' '),
    load: { start: loadAtStart, end: loadAtEnd },
    warnings,
    method: spec.method,
    missing,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    measures,
  };
}
