// difsr compare: models x seeds x data sets under both protocols, as one job that goes on wherever it was stopped.
import { withInterrupt } from '@difsr/errors/commands';
import { compare, type CompareEvent, type CompareOptions, type CompareOutcome } from '@difsr/library';
import { parseSearch } from '@difsr/library/parts';
import { InvalidArgumentError, type Command } from 'commander';
import { commandLine } from '../command-line.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { backendOptions, collect, jsonOption, positiveInteger, type SharedOptions } from '../options.js';
import { ShownRuns } from '../output/runs.js';
import { duration, metric, metricTitle, whole } from '../output/table.js';
import { processTerminal, type Terminal } from '../output/terminal.js';

interface CompareCommandOptions extends Omit<SharedOptions, 'data' | 'model' | 'seed' | 'config' | 'init' | 'format'> {
  readonly models?: readonly string[];
  readonly data?: readonly string[];
  readonly seeds?: readonly number[];
  readonly search?: readonly string[];
  readonly metric?: string;
  readonly baseline?: string;
  readonly paper?: boolean;
  readonly otherCounts?: boolean;
  readonly jobs?: number;
  readonly out: string;
}

/** Declares the command; `done` receives its exit code. */
export function addCompare(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('compare')
    .description('train models with several seeds on data sets, and report who is better by how much')
    .argument('[specification]', 'what is compared, as YAML (docs/guide/compare.md); options count more')
    .requiredOption('--out <dir>', 'folder of the job; one that holds a job goes on, or is extended')
    .option('--models <names>', 'models, or files of your own, with commas (default: all of difsr models)', words)
    .option('--data <path>', 'data set, as for difsr train (repeatable)', collect)
    .option('--seeds <numbers>', 'seeds, with commas; the search uses the first (default: 1,2,3)', wholeNumbers)
    .option('--preset <name>', 'what is configured where nothing else is said (default: small)')
    .option('--epochs <n>', 'most passes over the data (default: 100)')
    .option('--set <key=value>', 'one option of every run, e.g. model.hiddenSize=128 (repeatable)', collect)
    .option(
      '--search <key=values>',
      'values to try on validation targets for every model, e.g. learningRate=1e-3,5e-4 (repeatable)',
      collect,
    )
    .option('--metric <name>', 'what systems are tested by (default: the metric of early stopping, ndcg@10)')
    .option('--baseline <name>', 'a system that all others are held against (default: none)')
    .option(
      '--jobs <n>',
      'runs that are trained at once, each with its share of the threads (default: 1)',
      positiveInteger,
    )
    .option('--paper', 'the data sets of the DIF-SR paper: their counts are checked first (default: any data)')
    .option('--other-counts', 'with --paper: go on where counts are not those of the paper');
  backendOptions(command);
  jsonOption(command, 'events as JSON lines on stdout')
    .addHelpText(
      'after',
      `
Killed at any moment and called again, it goes on where it was. DIR/report has the report and aggregates, DIR/runs the run folders.

Examples:
  $ npx difsr compare --models sasrec,dif-sr --data data/Beauty --seeds 1,2,3 --out comparisons/beauty
  $ npx difsr compare --models sasrec,dif-sr --data data/Beauty --search learningRate=1e-3,5e-4 --search hiddenDropout=0.2,0.5 --out comparisons/tuned
  $ npx difsr compare compare.yaml --out comparisons/shop
  $ npx difsr compare --out comparisons/shop
  $ npx difsr compare --paper --data data/s3rec --out comparisons/paper`,
    )
    .action(async (specification: string | undefined, options: CompareCommandOptions) =>
      done(await compareCommand(specification, options)),
    );
}

async function compareCommand(
  specification: string | undefined,
  { json = false, epochs, set = [], search, ...options }: CompareCommandOptions,
): Promise<ExitCode> {
  const terminal = processTerminal({ json });
  const shown = new ShownComparison(terminal, options.jobs);
  const sets = [...set, ...(epochs === undefined ? [] : [`training.epochs=${epochs}`])];
  const asked: CompareOptions = {
    ...options,
    ...(specification === undefined ? {} : { specification }),
    ...(sets.length === 0 ? {} : { set: sets }),
    ...(search === undefined ? {} : { search: parseSearch(search) }),
  };
  try {
    const outcome = await withInterrupt(
      (signal) => compare({ ...asked, signal, onEvent: (event) => shown.event(event) }),
      { doing: () => 'saving', stopped: () => undefined },
    );
    shown.close();
    return showComparison(terminal, options.out, outcome);
  } finally {
    shown.close();
  }
}

/** What is shown of a comparison while it goes on. */
export class ShownComparison {
  readonly #terminal: Terminal;
  readonly #runs: ShownRuns;

  /** @param jobs Runs at once. */
  constructor(terminal: Terminal, jobs = 1) {
    this.#terminal = terminal;
    this.#runs = new ShownRuns(terminal, jobs);
  }

  event(event: CompareEvent): void {
    const terminal = this.#terminal;
    if (terminal.json) return terminal.value(event);
    switch (event.kind) {
      case 'plan':
        return this.#plan(event);
      case 'run': {
        const { id, number, runs, resumed, secondsLeft } = event;
        const left = secondsLeft === undefined ? '' : `, about ${duration(secondsLeft)} left`;
        return this.#runs.begin(`run ${number} of ${runs}: ${id}${resumed ? ' (goes on)' : ''}${left}`);
      }
      case 'training':
        return this.#runs.training(event.id, event.event);
      case 'note':
        return this.#runs.note(event.message);
      case 'record':
        return this.#runs.ended(
          `done: ${event.id}, ${event.split === 'test' ? 'test' : 'validation'} ${metricTitle(event.metric)} ${metric(event.value)}`,
        );
      case 'chosen': {
        const values = Object.entries(event.searched).map(([name, value]) => `${name}=${String(value)}`);
        // Of a model that has nothing to choose, such as one that is counted.
        if (values.length === 0) return undefined;
        return terminal.line(`chosen for ${event.model} on ${event.data}: ${values.join(', ')}`);
      }
      case 'failed':
        return this.#runs.failed(event.id, event.message);
      case 'report':
        return undefined;
    }
  }

  close(): void {
    this.#runs.close();
  }

  #plan({ out, runs, done, data, models, added, ignored }: Extract<CompareEvent, { kind: 'plan' }>): void {
    const terminal = this.#terminal;
    for (const { label, users, items, interactions, sides } of data)
      terminal.line(
        `${label}: ${whole(users)} users, ${whole(items)} items, ${whole(interactions)} interactions; ${sides.length === 0 ? 'no side information' : sides.join(', ')}`,
      );
    terminal.line(`${models.join(', ')}: ${runs} runs in ${out}${done === 0 ? '' : `, ${done} of them done`}`);
    for (const each of added) terminal.line(`added to the comparison: ${each}`);
    for (const each of ignored) terminal.line(terminal.style('yellow', `left out: ${each}`));
  }
}

/** Shows how a comparison ended; `again` goes on with it. */
export function showComparison(
  terminal: Terminal,
  out: string,
  outcome: CompareOutcome | undefined,
  again: string = commandLine('compare', '--out', out),
): ExitCode {
  if (outcome === undefined || outcome.reason === 'interrupted') {
    terminal.value({ kind: 'interrupted', out });
    terminal.line(`interrupted; goes on with: ${again}`);
    return exitCodes.interrupted;
  }
  const { groups, report, failed } = outcome;
  const { records: _, ...result } = outcome; // each was told when it was done
  terminal.value({ kind: 'result', ...result });
  for (const { data, protocol, systems, metric: by, ordered } of groups) {
    terminal.line();
    terminal.line(terminal.style('bold', `${data}, ${protocol}, test ${metricTitle(by)}`));
    for (const { model, metrics, seeds, converged } of systems) {
      const { mean = 0, margin = null } = metrics[by] ?? {};
      const sure = margin === null ? '' : ` ± ${margin.toFixed(4)}`;
      terminal.line(
        `  ${model}: ${metric(mean)}${sure} (${seeds.length} seed${seeds.length === 1 ? '' : 's'}${converged ? '' : '; not converged: more epochs may change it'})`,
      );
    }
    if (!ordered && systems.length > 1) terminal.line('  no order is claimed: that takes 3 seeds of each');
  }
  terminal.line();
  for (const file of report) terminal.line(`written: ${file}`);
  if (failed.length === 0) return exitCodes.ok;
  terminal.line(`failed: ${failed.map(({ id }) => id).join(', ')}; called again, the comparison tries them again`);
  return exitCodes.failed;
}

/** A parser for words with commas. */
export function words(value: string): string[] {
  const found = value.split(',').map((word) => word.trim());
  if (found.includes('')) throw new InvalidArgumentError('Names with commas between them are needed.');
  return found;
}

/** A parser for whole numbers with commas. */
export function wholeNumbers(value: string): number[] {
  const found = words(value);
  if (!found.every((word) => /^\d+$/.test(word) && Number.isSafeInteger(Number(word))))
    throw new InvalidArgumentError('Whole numbers with commas between them are needed, e.g. 1,2,3.');
  return found.map(Number);
}
