// difsr data generate: the generated data set as files, also far larger than memory, to try out preparation and training at scale.
import { withInterrupt } from '@difsr/errors/commands';
import { GENERATED_FORMATS, type GeneratedFormat } from '@difsr/data';
import type { GenerateEvent } from '@difsr/prepare';
import { generate } from '@difsr/library';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createLogUpdate } from 'log-update';
import { exitCodes, type ExitCode } from '../errors.js';
import { jsonOption, positiveInteger } from '../options.js';
import { whole } from '../output/table.js';
import { processTerminal, type Terminal } from '../output/terminal.js';

interface GenerateCommandOptions {
  readonly out: string;
  readonly interactions?: number;
  readonly users?: number;
  readonly items?: number;
  readonly seed?: number;
  readonly format: GeneratedFormat;
  readonly json?: boolean;
}

/** Milliseconds between two drawings of the progress on a terminal. */
const REDRAW = 100;

/** Declares the command; `done` receives its exit code. */
export function addDataGenerate(program: Command, done: (code: ExitCode) => void): void {
  const group = program.commands.find((command) => command.name() === 'data');
  const command = (group ?? program.command('data').description('fetch, make, prepare and look at data sets'))
    .command('generate')
    .description('write the generated data set as log, catalogue and description, of any size')
    .requiredOption('--out <folder>', 'the folder to write; it must not exist, or be empty')
    .addOption(
      new Option(
        '--interactions <n>',
        'about how many, e.g. 200k or 100M: users and items follow from it (12 a user, 100 an item); default: those of --users',
      ).argParser(amount),
    )
    .addOption(new Option('--users <n>', 'users (default: 2,400)').argParser(amount))
    .addOption(new Option('--items <n>', 'items of the catalogue, 126 or more (default: 1,500)').argParser(amount))
    .addOption(new Option('--seed <n>', 'the same seed gives the same files (default: 1)').argParser(positiveInteger))
    .addOption(new Option('--format <form>', 'form of the files').choices(GENERATED_FORMATS).default('csv'));
  jsonOption(command, 'what was written as JSON')
    .addHelpText(
      'after',
      `
The log is in order of time, with the rows of users mixed. Memory does not grow with it. Parquet is written by way of text, which
needs the room of the csv form meanwhile.

Examples:
  $ npx difsr data generate --interactions 200k --out generated
  $ npx difsr data generate --interactions 100M --format parquet --out generated`,
    )
    .action(async (options: GenerateCommandOptions) => done(await generateCommand(options)));
}

async function generateCommand({ json = false, ...options }: GenerateCommandOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json });
  const progress = showProgress(terminal);
  try {
    const written = await withInterrupt((signal) => generate({ ...options, signal, onEvent: progress.event }), {
      doing: () => 'stopping',
      stopped: () => undefined,
    });
    progress.close();
    if (written === undefined) {
      terminal.value({ kind: 'interrupted' });
      terminal.line('interrupted: nothing was written');
      return exitCodes.interrupted;
    }
    terminal.value(written);
    terminal.line(
      `${whole(written.interactions)} interactions of ${whole(written.users)} users with ${whole(written.items)} items`,
    );
    for (const file of [written.log, written.catalogue, written.description]) terminal.line(`written: ${file}`);
    return exitCodes.ok;
  } finally {
    progress.close();
  }
}

function showProgress(terminal: Terminal): {
  readonly event: (event: GenerateEvent) => void;
  readonly close: () => void;
} {
  if (!terminal.interactive) return { event: () => undefined, close: () => undefined };
  const draw = createLogUpdate(process.stdout, { showCursor: true });
  let drawn = 0;
  return {
    event: ({ written, expected }) => {
      if (performance.now() - drawn < REDRAW) return;
      drawn = performance.now();
      draw(`${whole(written)} of about ${whole(expected)} interactions`);
    },
    close: () => draw.clear(),
  };
}

/** A parser for counts that may be large: 200000, 200k, 1.5M. */
function amount(value: string): number {
  const found = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(value);
  const number = Number(found?.[1]) * (found?.[2] === 'M' ? 1e6 : found?.[2] === 'k' ? 1e3 : 1);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('A whole number of at least 1 is needed, e.g. 200000, 200k or 100M.');
  return number;
}
