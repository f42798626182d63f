// difsr tune: a search of hyperparameters by successive halving on validation targets, as one job that goes on wherever it was stopped.
import { withInterrupt } from '@difsr/errors/commands';
import { tune, type TuneEvent, type TuneOptions, type TuneOutcome } from '@difsr/library';
import { dimensionText, parseSpace } from '@difsr/library/parts';
import { InvalidArgumentError, type Command } from 'commander';
import { commandLine } from '../command-line.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { backendOptions, collect, jsonOption, positiveInteger, type SharedOptions } from '../options.js';
import { ShownRuns } from '../output/runs.js';
import { duration, metric, metricTitle, table, whole, type Align } from '../output/table.js';
import { processTerminal, type Terminal } from '../output/terminal.js';
import { wholeNumbers } from './compare.js';

interface TuneCommandOptions extends Omit<SharedOptions, 'seed' | 'epochs' | 'config' | 'init' | 'format'> {
  readonly space?: readonly string[];
  readonly trials?: number;
  readonly epochs?: readonly number[];
  readonly first?: number;
  readonly factor?: number;
  readonly seed?: number;
  readonly seeds?: number;
  readonly finalists?: number;
  readonly metric?: string;
  readonly jobs?: number;
  readonly out: string;
}

/** Rows of the table of trials that are shown; the report has all. */
const MOST_SHOWN = 20;

/** Declares the command; `done` receives its exit code. */
export function addTune(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('tune')
    .description('search for the best options of a model on validation targets, a few epochs for many, all for few')
    .argument('[specification]', 'what is searched, as YAML (docs/guide/tune.md); options count more')
    .requiredOption('--out <dir>', 'folder of the job; one that holds a job goes on, or is extended')
    .option('--model <name>', 'model, or the file of one of your own (default: dif-sr)')
    .option('--data <path>', 'data set, as for difsr train (default: that of the job in the folder)')
    .option(
      '--space <key=values>',
      'what an option may be: hiddenDropout=0.2,0.5, layers=1..4, learningRate=log:5e-4..5e-3 (repeatable)',
      collect,
    )
    .option('--trials <n>', 'configurations to try; more may be asked for later (default: 16)', positiveInteger)
    .option('--epochs <n>', 'epochs of a whole training, or the rungs with commas, e.g. 2,4,8,16 (default: 16)', counts)
    .option('--first <n>', 'epochs of the first rung (default: an eighth of all)', positiveInteger)
    .option('--factor <n>', 'one in so many trials goes on from rung to rung (default: 2)', positiveInteger)
    .option('--seed <n>', 'seed of the draws and the trainings (default: 1)', wholeNumber)
    .option(
      '--finalists <n>',
      'the best of the last rung that are trained with all seeds (default: 1)',
      positiveInteger,
    )
    .option('--seeds <n>', 'trainings of each finalist, with seeds from --seed on (default: 1)', positiveInteger)
    .option('--metric <name>', 'what trials are judged by (default: the metric of early stopping, ndcg@10)')
    .option('--preset <name>', 'what is configured where nothing else is said (default: small)')
    .option('--set <key=value>', 'one option of every trial, e.g. model.hiddenSize=128 (repeatable)', collect)
    .option(
      '--jobs <n>',
      'runs that are trained at once, each with its share of the threads (default: 1)',
      positiveInteger,
    );
  backendOptions(command);
  jsonOption(command, 'events as JSON lines on stdout')
    .addHelpText(
      'after',
      `
Test targets are never ranked. Killed at any moment and called again, it goes on where it was. DIR/best.yaml is the configuration that was chosen,
DIR/report has the report, DIR/runs the run folders.

Examples:
  $ npx difsr tune --model dif-sr --data data/Beauty --space learningRate=log:5e-4..5e-3 --space hiddenDropout=0.2,0.3,0.5 --out tunings/beauty
  $ npx difsr tune --model dif-sr --data data/Beauty --space learningRate=log:5e-4..5e-3 --space itemFields=none,sum --trials 32 --epochs 2,4,8,16 --finalists 2 --seeds 3 --jobs 2 --out tunings/beauty
  $ npx difsr tune tune.yaml --out tunings/beauty
  $ npx difsr tune --out tunings/beauty
  $ npx difsr train --config tunings/beauty/best.yaml`,
    )
    .action(async (specification: string | undefined, options: TuneCommandOptions) =>
      done(await tuneCommand(specification, options)),
    );
}

async function tuneCommand(
  specification: string | undefined,
  { json = false, epochs, space, ...options }: TuneCommandOptions,
): Promise<ExitCode> {
  const terminal = processTerminal({ json });
  const shown = new ShownTuning(terminal, options.jobs);
  const asked: TuneOptions = {
    ...options,
    ...(specification === undefined ? {} : { specification }),
    ...(epochs === undefined ? {} : { epochs: epochs.length === 1 ? epochs[0] : epochs }),
    ...(space === undefined ? {} : { space: parseSpace(space) }),
  };
  try {
    const outcome = await withInterrupt(
      (signal) => tune({ ...asked, signal, onEvent: (event) => shown.event(event) }),
      { doing: () => 'saving', stopped: () => undefined },
    );
    shown.close();
    return showTuning(terminal, options.out, outcome);
  } finally {
    shown.close();
  }
}

/** What is shown of a tuning while it goes on. */
class ShownTuning {
  readonly #terminal: Terminal;
  readonly #runs: ShownRuns;

  /** @param jobs Runs at once. */
  constructor(terminal: Terminal, jobs = 1) {
    this.#terminal = terminal;
    this.#runs = new ShownRuns(terminal, jobs);
  }

  event(event: TuneEvent): void {
    const terminal = this.#terminal;
    if (terminal.json) return terminal.value(event);
    switch (event.kind) {
      case 'plan':
        return this.#plan(event);
      case 'run': {
        const { trial, values, seed, rung, number, runs, epochs, resumed, secondsLeft } = event;
        const left = secondsLeft === undefined ? '' : `, about ${duration(secondsLeft)} left`;
        const where =
          rung === undefined
            ? `seeds of the finalists, ${number} of ${runs}: trial ${trial}, seed ${seed}`
            : `to epoch ${epochs}, ${number} of ${runs}: trial ${trial}, ${valuesOf(values)}`;
        return this.#runs.begin(`${where}${resumed ? ' (goes on)' : ''}${left}`);
      }
      case 'training':
        return this.#runs.training(event.id, event.event);
      case 'note':
        return this.#runs.note(event.message);
      case 'record':
        return this.#runs.ended(
          `trial ${event.trial} after ${epochsText(event.epochs)}: validation ${metricTitle(event.metric)} ${metric(event.value)}${event.reason === 'early-stopping' ? ' (stopped early)' : ''}`,
        );
      case 'failed':
        return this.#runs.failed(`trial ${event.trial}`, event.message);
      case 'rung': {
        const { rung, rungs, epochs, entered, kept } = event;
        const how = rung === rungs ? 'first of the last rung' : `${kept.length} of ${entered.length} go on`;
        return this.#runs.ended(
          `after ${epochsText(epochs)}, ${how}: ${kept.map((each) => `trial ${each}`).join(', ') || 'none'}`,
        );
      }
      case 'chosen':
      case 'report':
        return undefined;
    }
  }

  close(): void {
    this.#runs.close();
  }

  #plan({
    out,
    model,
    data,
    metric: by,
    space,
    size,
    trials,
    rungs,
    done,
    added,
  }: Extract<TuneEvent, { kind: 'plan' }>): void {
    const terminal = this.#terminal;
    const { label, users, items, interactions, sides } = data;
    terminal.line(
      `${label}: ${whole(users)} users, ${whole(items)} items, ${whole(interactions)} interactions; ${sides.length === 0 ? 'no side information' : sides.join(', ')}`,
    );
    const of = size === undefined ? '' : ` of ${whole(size)} configurations`;
    terminal.line(`${model}: ${trials} trials${of} in ${out}${done === 0 ? '' : `, ${done} of them begun`}`);
    for (const [name, dimension] of Object.entries(space)) terminal.line(`  ${name}: ${dimensionText(dimension)}`);
    const steps = rungs.map(({ epochs, trials: some }) => `${some} to epoch ${epochs}`);
    terminal.line(`${steps.join(', ')}; by validation ${metricTitle(by)}, test targets are not looked at`);
    for (const each of added) terminal.line(`added to the tuning: ${each}`);
  }
}

/** Shows how a tuning ended. */
function showTuning(terminal: Terminal, out: string, outcome: TuneOutcome | undefined): ExitCode {
  if (outcome === undefined || outcome.reason === 'interrupted') {
    terminal.value({ kind: 'interrupted', out });
    terminal.line(`interrupted; goes on with: ${commandLine('tune', '--out', out)}`);
    return exitCodes.interrupted;
  }
  const { trials, finalists, best, metric: by, report, failed } = outcome;
  terminal.value({ kind: 'result', ...outcome, trials: trials.map(({ curve: _, ...trial }) => trial) });
  const rows = trials
    .slice(0, MOST_SHOWN)
    .map((trial) => [
      String(trial.number),
      valuesOf(trial.values),
      metric(trial.value),
      String(trial.epochs),
      trial.seconds === undefined ? '-' : trial.seconds.toFixed(1),
      trial.number === best?.trial ? 'chosen' : trial.outcome === 'failed' ? 'failed' : '',
    ]);
  const align: Align[] = ['right', 'left', 'right', 'right', 'right', 'left'];
  terminal.line();
  const heading = ['trial', 'values', `valid ${metricTitle(by)}`, 'epochs', 'seconds', ''];
  for (const line of table([heading, ...rows], align)) terminal.line(line);
  if (trials.length > MOST_SHOWN) terminal.line(`and ${trials.length - MOST_SHOWN} more, which the report has`);
  terminal.line();
  for (const { trial, seeds, mean, margin } of finalists)
    if (seeds.length > 1)
      terminal.line(
        `trial ${trial} with ${seeds.length} seeds: validation ${metricTitle(by)} ${metric(mean)}${margin === null ? '' : ` ± ${margin.toFixed(4)}`}`,
      );
  for (const file of report) terminal.line(`written: ${file}`);
  if (best === undefined) terminal.line('every trial failed: nothing is chosen');
  else {
    terminal.line(`written: ${best.config}`);
    terminal.line(
      'the figures of the chosen trial are optimistic: it was chosen by them; test targets were not looked at',
    );
    terminal.line(`next: ${commandLine('train', '--config', best.config)}`);
  }
  if (failed.length === 0) return best === undefined ? exitCodes.failed : exitCodes.ok;
  terminal.line(`failed: ${failed.map(({ id }) => id).join(', ')}; called again, the tuning tries them again`);
  return exitCodes.failed;
}

function epochsText(count: number): string {
  return count === 1 ? '1 epoch' : `${count} epochs`;
}

function valuesOf(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name.split('.').at(-1) ?? name}=${String(value)}`)
    .join(', ');
}

/** A parser for a whole number. */
function wholeNumber(value: string): number {
  const [only, second] = wholeNumbers(value);
  if (only === undefined || second !== undefined) throw new InvalidArgumentError('One whole number is needed.');
  return only;
}

/** A parser for counts with commas. */
function counts(value: string): number[] {
  const found = wholeNumbers(value);
  if (found.includes(0)) throw new InvalidArgumentError('Whole numbers of at least 1 are needed, e.g. 16 or 2,4,8,16.');
  return found;
}
