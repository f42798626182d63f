// difsr data prepare: files, a description or a recipe -> a prepared data set. Shows what it inferred, writes it down, and prepares.
import { withInterrupt } from '@difsr/errors/commands';
import type { Decimal } from '@difsr/prepare';
import { didYouMean } from '@difsr/errors';
import {
  inspect,
  prepare,
  type InspectedFiles,
  type InspectOptions,
  type PreparedDataset,
  type PrepareEvent,
} from '@difsr/library';
import { assignmentLayer, descriptionSettings, type Tree } from '@difsr/library/parts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { commandLine } from '../command-line.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { asSet, collect, jsonOption, positiveInteger } from '../options.js';
import { showFindings, showPrepared } from '../output/inspection.js';
import { createSteps } from '../output/steps.js';
import { processTerminal, type Terminal } from '../output/terminal.js';

interface PrepareCommandOptions {
  readonly items?: readonly string[];
  readonly users?: readonly string[];
  readonly user?: string;
  readonly item?: string;
  readonly time?: string;
  readonly timeFormat?: string;
  readonly zone?: string;
  readonly decimal?: Decimal;
  readonly out?: string;
  readonly name?: string;
  readonly raw?: string;
  readonly strict?: boolean;
  readonly userMin?: number;
  readonly itemMin?: number;
  readonly duplicates?: string;
  readonly split?: Readonly<Record<string, unknown>>;
  readonly set?: readonly string[];
  readonly memoryLimit?: string;
  readonly threads?: number;
  readonly tempDirectory?: string;
  readonly dryRun?: boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** Declares the command; `done` receives its exit code. */
export function addDataPrepare(program: Command, done: (code: ExitCode) => void): void {
  const group = program.commands.find((command) => command.name() === 'data');
  const command = (group ?? program.command('data').description('prepare data sets and look at them'))
    .command('prepare')
    .description('make a data set of your own files, of an edited description, or of a public data set')
    .argument('<input...>', 'files, globs or a folder of interactions; a description (.yaml); or the name of a recipe')
    .option('--items <file>', 'the catalogue: attributes of items (repeatable)', collect)
    .option('--users <file>', 'attributes of users (repeatable)', collect)
    .option('--user <column>', 'column of the user (default: told by name and contents)')
    .option('--item <column>', 'column of the item (default: told by name and contents)')
    .option(
      '--time <column>',
      'column of the time, or none: the order of the file is that of time (default: told by name and contents)',
    )
    .option('--time-format <format>', 'how times are written, e.g. "%d.%m.%Y %H:%M" (default: told by the times)')
    .option('--zone <zone>', 'time zone of times that name none, e.g. Europe/Berlin (default: UTC)')
    .addOption(
      new Option(
        '--decimal <mark>',
        'what 4,955 or 1.234 means where a column does not tell (default: it is asked)',
      ).choices([',', '.']),
    )
    .option('--out <dir>', 'folder to write (default: data/NAME; of data/shop.yaml: data/shop)')
    .option('--name <name>', 'name of the data set (default: after --out or the file)')
    .option('--raw <dir>', 'of a recipe: folder with the raw files (default: data/raw/NAME)')
    .option('--strict', 'stop at rows that cannot be used instead of setting them aside')
    .option(
      '--user-min, --min-user-interactions <n>',
      'fewest interactions of a user, repeated k-core (default: all are kept)',
      positiveInteger,
    )
    .option(
      '--item-min, --min-item-interactions <n>',
      'fewest interactions of an item, repeated k-core (default: all are kept)',
      positiveInteger,
    )
    .option('--duplicates <policy>', 'of a user and an item: keep (default), exact, first or last')
    .option(
      '--split <method>',
      'leave-one-out (default), last-n, ratio, global-time, user-hold-out, cold-items; sizes after a colon, e.g. ratio:0.1,0.1',
      splitOption,
    )
    .option('--set <key=value>', 'a key of the description, e.g. filters.timeFrom=2019-01-01 (repeatable)', collect)
    .option('--memory-limit <size>', 'what the work may keep in memory, e.g. 4GB (default: half, at most 6GB)')
    .option('--threads <n>', 'CPU threads (default: all cores); the result does not depend on it', positiveInteger)
    .option('--temp-directory <dir>', "where to put what does not fit in memory (default: the system's)")
    .option('--dry-run', 'show what was inferred and the description; write nothing')
    .option('--overwrite', 'write a new description over one that is there');
  jsonOption(command, 'what was inferred, the steps and the result as JSON lines')
    .addHelpText(
      'after',
      `
Of files, it infers what the columns are, shows it, and writes it as OUT.yaml with comments: edit that and prepare again.
Rows that cannot be used are set aside in OUT.quarantine.jsonl with file, line, value and cure.

Examples:
  $ npx difsr data prepare clicks.csv
  $ npx difsr data prepare clicks.csv --items catalogue.jsonl --out data/shop --user-min 5 --item-min 5
  $ npx difsr data prepare 'logs/*.parquet' --user customer --item sku --time ts --split global-time:0.1,0.1
  $ npx difsr data prepare data/shop.yaml --strict
  $ npx difsr data prepare ml-1m --raw data/raw/ml-1m`,
    )
    .action(async (input: readonly string[], options: PrepareCommandOptions & Record<string, unknown>) =>
      done(await prepareCommand(input, withAliases(options))),
    );
}

/** Commander names an option after its last long flag. */
function withAliases(options: PrepareCommandOptions & Record<string, unknown>): PrepareCommandOptions {
  const user = options['minUserInteractions'];
  const item = options['minItemInteractions'];
  return {
    ...options,
    ...(typeof user === 'number' ? { userMin: user } : {}),
    ...(typeof item === 'number' ? { itemMin: item } : {}),
  };
}

const SPLIT_DEFAULTS: Readonly<Record<string, readonly [unknown, unknown] | undefined>> = {
  'leave-one-out': undefined,
  'last-n': [1, 1],
  ratio: [0.1, 0.1],
  'global-time': [0.1, 0.1],
  'user-hold-out': [0.1, 0.1],
  'cold-items': [0.1, 0.1],
};

function splitOption(text: string): Readonly<Record<string, unknown>> {
  const [method = '', ...rest] = text.split(':');
  const names = Object.keys(SPLIT_DEFAULTS);
  if (!names.includes(method)) {
    const hint = didYouMean(method, names);
    throw new InvalidArgumentError(`${hint === undefined ? '' : `D${hint.slice(1)} `}Allowed: ${names.join(', ')}.`);
  }
  const defaults = SPLIT_DEFAULTS[method];
  if (defaults === undefined) return { method };
  const sizes = rest.length === 0 ? [] : rest.join(':').split(',');
  if (sizes.length !== 0 && sizes.length !== 2)
    throw new InvalidArgumentError(`Two sizes are needed, for validation and test: ${method}:${defaults.join(',')}.`);
  const size = (index: 0 | 1): unknown => {
    const given = sizes[index];
    if (given === undefined) return defaults[index];
    return given.trim() !== '' && Number.isFinite(Number(given)) ? Number(given) : given;
  };
  return { method, valid: size(0), test: size(1) };
}

async function prepareCommand(input: readonly string[], options: PrepareCommandOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json: options.json === true });
  const steps = createSteps(terminal);
  const told = (event: PrepareEvent): void => {
    switch (event.kind) {
      case 'inferred':
        return showInferred(terminal, event);
      case 'written':
        terminal.value(event);
        return terminal.line(`written: ${event.file} (edit it, then: ${commandLine('data', 'prepare', event.file)})`);
      case 'step':
        return steps.step(event);
    }
  };
  try {
    return await withInterrupt(
      async (signal) => {
        const asked = { ...(await askedOf(options)), signal };
        if (options.dryRun === true) {
          const found = await inspect(input, asked);
          showInferred(terminal, found);
          terminal.line(found.yaml);
          return exitCodes.ok;
        }
        const { strict, overwrite } = options;
        const prepared = await prepare(input, { ...asked, strict, overwrite, onEvent: told });
        steps.close();
        showResult(terminal, prepared);
        return exitCodes.ok;
      },
      {
        doing: () => 'stopping',
        stopped: () => {
          steps.close();
          terminal.value({ kind: 'interrupted' });
          terminal.line('interrupted: nothing was written');
          return exitCodes.interrupted;
        },
      },
    );
  } finally {
    steps.close();
  }
}

/** What the options say of the files and of what is wanted of them. */
async function askedOf(options: PrepareCommandOptions): Promise<InspectOptions> {
  const { out, name, items, users, raw, memoryLimit, threads, tempDirectory } = options;
  const { user, item, time, timeFormat, zone, decimal } = options;
  return {
    out,
    name,
    items,
    users,
    columns: { user, item, time, timeFormat, zone, decimal },
    raw,
    description: await changesOf(options),
    memoryLimit,
    threads,
    tempDirectory,
  };
}

/** What a description says instead of what was found. */
async function changesOf({ userMin, itemMin, duplicates, split, set = [] }: PrepareCommandOptions): Promise<Tree> {
  const { values } = assignmentLayer([
    ...(userMin === undefined ? [] : [{ path: 'filters.userMin', value: userMin, shown: '--user-min' }]),
    ...(itemMin === undefined ? [] : [{ path: 'filters.itemMin', value: itemMin, shown: '--item-min' }]),
    ...(duplicates === undefined ? [] : [{ path: 'filters.duplicates', value: duplicates, shown: '--duplicates' }]),
    ...(await descriptionSettings(set, asSet)),
  ]);
  return split === undefined ? values : { ...values, split };
}

function showInferred(
  terminal: Terminal,
  { description, findings }: Pick<InspectedFiles, 'description' | 'findings'>,
): void {
  terminal.value({ kind: 'inferred', description, ...(findings === undefined ? {} : { findings }) });
  if (findings !== undefined) showFindings(terminal, findings);
  terminal.line();
}

function showResult(terminal: Terminal, prepared: PreparedDataset): void {
  const { out, manifest, quarantine } = prepared;
  const { counts, steps, fields, quarantined, report } = manifest;
  const aside = quarantine === undefined ? {} : { quarantine };
  terminal.value({ kind: 'prepared', out, counts, steps, fields, quarantined, ...aside, report });
  terminal.line();
  showPrepared(terminal, prepared);
  terminal.line();
  terminal.line(`next: ${commandLine('train', '--data', out)}`);
  terminal.line(`      ${commandLine('data', 'stats', out)}`);
}
