// difsr-bench attention: options, the run, its reports.
import { availableParallelism } from 'node:os';
import type { Fusion } from '@difsr/attention';
import type { Command } from 'commander';
import { backendNames, deviceNames, type BackendName, type DeviceName } from '../engine/open.js';
import { exitCodes, UsageError, type ExitCode } from '../errors.js';
import { withInterrupt } from '@difsr/errors/commands';
import { namesOf, numberOf, numbersOf, secondsOf } from '../options.js';
import { judgeGoals } from '../report/goals.js';
import type { AttentionReport } from '../report/result.js';
import { summaryLines } from '../report/summary.js';
import { prepareReport, writeReport } from '../report/write.js';
import { createProgress } from '../terminal/progress.js';
import { casesOf } from './case.js';
import { openEngines } from './engines.js';
import { runBenchmark, type BenchmarkOptions } from './run.js';

interface AttentionOptions {
  readonly backends?: readonly BackendName[];
  readonly devices?: readonly DeviceName[];
  readonly fusions: readonly Fusion[];
  readonly sides?: readonly number[];
  readonly lengths?: readonly number[];
  readonly batches?: readonly number[];
  readonly width?: number;
  readonly sideWidth?: number;
  readonly heads: number;
  readonly position?: boolean;
  readonly padding?: boolean;
  readonly items?: number;
  readonly threads?: number;
  readonly budget?: number;
  readonly quick?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly out?: string;
}

/** Declares the command; `done` receives its exit code, `args` are for the report. */
export function addAttention(program: Command, done: (code: ExitCode) => void, args: readonly string[]): void {
  program
    .command('attention')
    .description('time DIF attention fused, unfused and written with plain tfjs ops, beside plain attention')
    .option('--backends <list>', `of ${backendNames.join(', ')} (default: all but reference)`, namesOf(backendNames))
    .option('--devices <list>', `of ${deviceNames.join(', ')} (default: all that work here)`, namesOf(deviceNames))
    .option('--fusions <list>', 'of sum, concat, gate', namesOf<Fusion>(['sum', 'concat', 'gate']), [
      'sum',
      'concat',
      'gate',
    ])
    .option('--sides <list>', 'numbers of side sources, 0 to 16 (default: 0-4)', numbersOf(0, 16))
    .option('--lengths <list>', 'lengths of sequences (default: 50,200)', numbersOf(1, 4096))
    .option('--batches <list>', 'sequences at once (default: 1,128)', numbersOf(1, 65_536))
    .option('--width <n>', 'width of the item stream (default: 64)', numberOf(1, 4096))
    .option('--side-width <n>', 'width of every side source (default: that of the item stream)', numberOf(1, 4096))
    .option('--heads <n>', 'attention heads', numberOf(1, 256), 2)
    .option('--position', 'positions are a source as well')
    .option('--padding', 'sequences of different lengths, with a mask of their padding passed in')
    .option('--items <n>', 'items whose attributes are tabulated (default: 12101)', numberOf(1, 10_000_000))
    .option('--threads <n>', 'threads of onnxruntime (default: all cores)', numberOf(1, 1024))
    .option('--budget <seconds>', 'time for all cases together (default: 900)', secondsOf)
    .option('--quick', 'a small grid in a few seconds: to see whether everything works, not how fast')
    .option('--all', 'the reference backend as well, and concat and gate for every number of sides')
    .option('--json', 'print the report as JSON')
    .option('--out <dir>', 'folder of the reports (default: benchmarks/attention-TIME)')
    .addHelpText('after', HELP)
    .action(async (options: AttentionOptions) => done(await attentionCommand(options, args)));
}

const HELP = `
Lists are separated by commas; numbers may be ranges: --sides 1-4.
Writes result.json, report.md, report.html and charts (SVG). Ctrl-C writes what was measured until then.
Use an idle machine: the report warns when it was busy.

Examples:
  $ npx difsr-bench attention --quick
  $ npx difsr-bench attention --backends onnxruntime --lengths 50 --batches 128 --out results
  $ npx difsr-bench attention --backends tfjs --devices wasm --sides 1,2 --fusions sum --budget 60`;

async function attentionCommand(options: AttentionOptions, args: readonly string[]): Promise<ExitCode> {
  const settings = completeOptions(options);
  await prepareReport(options.out);
  const threads = options.threads ?? availableParallelism();
  const backends =
    options.backends ?? (options.all === true ? backendNames : backendNames.filter((name) => name !== 'reference'));
  const { engines, missing } = await openEngines({ backends, devices: options.devices, threads });
  const progress = createProgress();
  let report: AttentionReport | undefined;
  try {
    report = await withInterrupt(
      (signal) =>
        runBenchmark(settings, {
          engines,
          missing,
          signal,
          onEvent: progress.event,
          command: ['difsr-bench', ...args].join(' '),
        }),
      { doing: () => 'stopping', stopped: () => undefined },
    );
  } finally {
    progress.close();
    for (const engine of engines) await engine.dispose();
  }
  if (report === undefined) return exitCodes.interrupted;
  const paths = await writeReport(options.out ?? defaultFolder(report.started), report);
  const lines =
    options.json === true
      ? [JSON.stringify(report, undefined, 2)]
      : [...summaryLines(report), ...goalLines(report), '', ...paths];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (!report.complete) return exitCodes.interrupted;
  return report.cases.some(({ candidates }) => candidates.some(({ problem }) => problem !== null))
    ? exitCodes.failed
    : exitCodes.ok;
}

/** Options with their defaults; `--quick` has others. */
function completeOptions(options: AttentionOptions): BenchmarkOptions {
  const { quick = false, all = false, heads, fusions } = options;
  const width = options.width ?? (quick ? 16 : 64);
  const sideWidth = options.sideWidth ?? width;
  for (const [name, value] of [
    ['--width', width],
    ['--side-width', sideWidth],
  ] as const)
    if (value % heads !== 0)
      throw new UsageError(
        `${heads} heads do not divide ${name} ${value}`,
        `take a multiple of ${heads}, or other --heads`,
      );
  const settings: BenchmarkOptions = {
    fusions,
    heads,
    width,
    sideWidth,
    all,
    position: options.position ?? false,
    padding: options.padding ?? false,
    sides: options.sides ?? (quick ? [0, 1, 2] : [0, 1, 2, 3, 4]),
    lengths: options.lengths ?? (quick ? [10] : [50, 200]),
    batches: options.batches ?? (quick ? [1, 4] : [1, 128]),
    items: options.items ?? (quick ? 100 : 12_101),
    budget: options.budget ?? (quick ? 10 : 900),
    visit: quick ? 10 : 60,
    productSize: quick ? 256 : 1024,
  };
  if (casesOf(settings).length === 0)
    throw new UsageError(
      `nothing to measure: ${fusions.join(' and ')} fuses sources, and --sides ${settings.sides.join(',')} names none`,
      'name at least one number of --sides above 0',
    );
  return settings;
}

/** `benchmarks/attention-2026-11-24T02-16-37` */
function defaultFolder(started: string): string {
  return `benchmarks/attention-${started.slice(0, 19).replaceAll(':', '-')}`;
}

function goalLines(report: AttentionReport): string[] {
  const goals = judgeGoals(report);
  return goals.length === 0 ? [] : ['', ...goals.map(({ goal, found, verdict }) => `${verdict}: ${goal}; ${found}`)];
}
