// difsr ablate: DIF-SR taken apart on one data set, as one job that goes on wherever it was stopped.
import { withInterrupt } from '@difsr/errors/commands';
import { ablate, studyNames } from '@difsr/library';
import type { Command } from 'commander';
import { commandLine } from '../command-line.js';
import type { ExitCode } from '../errors.js';
import { backendOptions, collect, jsonOption, positiveInteger, type SharedOptions } from '../options.js';
import { processTerminal } from '../output/terminal.js';
import { showComparison, ShownComparison, wholeNumbers, words } from './compare.js';

interface AblateCommandOptions extends Omit<SharedOptions, 'data' | 'model' | 'seed' | 'config' | 'init' | 'format'> {
  readonly data: string;
  readonly studies?: readonly string[];
  readonly jobs?: number;
  readonly seeds?: readonly number[];
  readonly out: string;
}

/** Declares the command; `done` receives its exit code. */
export function addAblate(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('ablate')
    .description('train DIF-SR with parts changed or left out, and report what each is worth')
    .requiredOption('--data <path>', 'data set, as for difsr train')
    .requiredOption('--out <dir>', 'folder of the job; one that holds a job goes on, or is extended')
    .option('--studies <names>', `with commas (default: all): ${studyNames.join(', ')}`, words)
    .option('--seeds <numbers>', 'seeds, with commas (default: 1,2,3)', wholeNumbers)
    .option('--preset <name>', 'what is configured where nothing else is said (default: small)')
    .option('--epochs <n>', 'most passes over the data (default: 100)')
    .option(
      '--set <key=value>',
      'one option of every variant that has it, e.g. model.hiddenSize=128 (repeatable)',
      collect,
    )
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
Killed at any moment and called again, it goes on where it was. DIR/report/ablation.html has a table for each study; the rest of the folder is that
of difsr compare.

Examples:
  $ npx difsr ablate --data data/Beauty --out ablations/beauty
  $ npx difsr ablate --data data/Beauty --studies fusion,integration --seeds 1,2,3 --epochs 40 --out ablations/beauty`,
    )
    .action(async (options: AblateCommandOptions) => done(await ablateCommand(options)));
}

async function ablateCommand({ json = false, epochs, set = [], ...options }: AblateCommandOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json });
  const shown = new ShownComparison(terminal, options.jobs);
  const sets = [...set, ...(epochs === undefined ? [] : [`training.epochs=${epochs}`])];
  const { data, out, studies } = options;
  try {
    const outcome = await withInterrupt(
      (signal) => ablate({ ...options, set: sets, signal, onEvent: (event) => shown.event(event) }),
      { doing: () => 'saving', stopped: () => undefined },
    );
    shown.close();
    const asked = [
      ...(studies === undefined ? [] : ['--studies', studies.join(',')]),
      ...sets.flatMap((each) => ['--set', each]),
    ];
    return showComparison(terminal, out, outcome, commandLine('ablate', '--data', data, '--out', out, ...asked));
  } finally {
    shown.close();
  }
}
