// difsr data prepare: files, a description or a recipe -> a prepared data set. Shows what it inferred, writes it down, and prepares.
import { didYouMean } from '@difsr/errors';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, parse, resolve } from 'node:path';
import { DataError } from '@difsr/data';
import type * as PrepareDoor from '@difsr/prepare';
import type { Decimal, Description, Findings, Inspection, Manifest } from '@difsr/prepare';
import {
  UsageError,
  assignmentLayer,
  codeOf,
  isTree,
  jsonSchema,
  mergeTrees,
  parseSetting,
  withLists,
} from '@difsr/library/parts';
import { makeFolder } from '@difsr/files';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { commandLine } from '../command-line.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { withInterrupt } from '../interrupt.js';
import { collect, jsonOption, positiveInteger } from '../options.js';
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

type Prepare = typeof PrepareDoor;

/** What is prepared, and where to. */
interface Job {
  readonly description: Description;
  readonly findings?: Findings;
  /** Folder that the files of the description are relative to. */
  readonly base: string;
  readonly out: string;
  /** Where the description is written; absent where it was read. */
  readonly yaml?: string;
}

async function prepareCommand(input: readonly string[], options: PrepareCommandOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json: options.json === true });
  // The query engine is native: loaded by those who need it.
  const prepare = await import('@difsr/prepare');
  let yaml: string | undefined;
  let stopped: AbortSignal | undefined;
  try {
    return await withInterrupt(
      () => process.stderr.write('\nstopping; Ctrl-C again quits at once\n'),
      async (signal) => {
        stopped = signal;
        const job = await jobOf(prepare, input, options, signal);
        show(terminal, prepare, job, options.dryRun === true);
        if (options.dryRun === true) return exitCodes.ok;
        if (job.yaml === undefined) {
          showResult(terminal, await run(prepare, terminal, job, options, signal), job);
          return exitCodes.ok;
        }
        const before = await writeYaml(prepare, job, job.yaml, options.overwrite === true);
        yaml = job.yaml;
        terminal.line(`written: ${yaml} (edit it, then: ${commandLine('data', 'prepare', yaml)})`);
        const manifest = await run(prepare, terminal, job, options, signal).catch(async (error: unknown) => {
          if (job.yaml !== undefined && isNothingLeft(error)) await putBack(job.yaml, before);
          throw error;
        });
        showResult(terminal, manifest, job);
        return exitCodes.ok;
      },
    );
  } catch (error) {
    if (stopped?.aborted !== true) throw error;
    process.stderr.write(`interrupted: nothing was written${yaml === undefined ? '' : ` but ${yaml}`}\n`);
    return exitCodes.interrupted;
  }
}

async function run(
  { prepareDataset }: Prepare,
  terminal: Terminal,
  { description, base, out }: Job,
  options: PrepareCommandOptions,
  signal: AbortSignal,
): Promise<Manifest> {
  const steps = createSteps(terminal);
  try {
    return await prepareDataset(description, {
      ...engineOptions(options),
      out,
      base,
      strict: options.strict === true,
      progress: (event) => steps.step(event),
      signal,
    });
  } finally {
    steps.close();
  }
}

function engineOptions({ memoryLimit, threads, tempDirectory }: PrepareCommandOptions): {
  memoryLimit?: string;
  threads?: number;
  tempDirectory?: string;
} {
  return {
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    ...(threads === undefined ? {} : { threads }),
    ...(tempDirectory === undefined ? {} : { tempDirectory }),
  };
}

function show(terminal: Terminal, { describe }: Prepare, { description, findings }: Job, dry: boolean): void {
  terminal.value({ kind: 'inferred', description, ...(findings === undefined ? {} : { findings }) });
  if (findings !== undefined) showFindings(terminal, findings);
  terminal.line();
  if (dry) terminal.line(describe(description, findings));
}

function showResult(terminal: Terminal, manifest: Manifest, { out }: Job): void {
  const { counts, steps, fields, quarantined, report } = manifest;
  const quarantine = quarantined > 0 ? { quarantine: `${out}.quarantine.jsonl` } : {};
  terminal.value({ kind: 'prepared', out, counts, steps, fields, quarantined, ...quarantine, report });
  terminal.line();
  showPrepared(terminal, manifest, out);
  terminal.line();
  terminal.line(`next: ${commandLine('train', '--data', out)}`);
  terminal.line(`      ${commandLine('data', 'stats', out)}`);
}

/** A description that leaves nothing was never of use. */
function isNothingLeft(error: unknown): boolean {
  return error instanceof DataError && error.problems.some(({ message }) => message.startsWith('nothing is left of'));
}

/** A description as it was before; undefined: there was none. */
async function putBack(file: string, before: string | undefined): Promise<void> {
  await (before === undefined ? rm(file, { force: true }) : writeFile(file, before));
}

/** Writes the description and gives what was there. An edited one is somebody's work. */
async function writeYaml(
  { describe, writeDescription }: Prepare,
  { description, findings }: Job,
  file: string,
  overwrite: boolean,
): Promise<string | undefined> {
  const there = await readFile(file, 'utf8').catch(() => undefined);
  if (there !== undefined && there !== describe(description, findings) && !overwrite)
    throw new UsageError(
      `${file}: exists, and is not what would be written`,
      `prepare it as it is with ${commandLine('data', 'prepare', file)}, write over it with --overwrite, or choose another --out`,
    );
  await makeFolder(dirname(file)).catch((error: unknown) => {
    throw new UsageError(`${dirname(file)}: cannot be made (${codeOf(error)})`, 'choose another folder with --out');
  });
  await writeDescription(file, description, findings);
  return there;
}

async function jobOf(
  prepare: Prepare,
  input: readonly string[],
  options: PrepareCommandOptions,
  signal: AbortSignal,
): Promise<Job> {
  const [first = ''] = input;
  if (input.length === 1 && /\.ya?ml$/i.test(first)) return describedJob(prepare, first, options);
  if (input.length === 1 && !(await isThere(first)) && /^[\w:-]+$/.test(first)) {
    const names = prepare.recipeNames();
    if (names.includes(first)) return recipeJob(prepare, first, options);
    if (!(await isThere(`${first}.inter`)) && !(await isThere(`${first}.txt`))) throw unknownInput(first, names);
  }
  return inferredJob(prepare, input, options, signal);
}

function unknownInput(name: string, recipes: readonly string[]): DataError {
  const cure = didYouMean(name, recipes) ?? `check the path; ${commandLine('data', 'pull')} lists the recipes`;
  return new DataError([{ file: name, message: 'no such file, and no recipe of that name', cure }]);
}

/** Options that only make sense where columns are inferred. */
function refuseInference(options: PrepareCommandOptions, what: string): void {
  const given = (['items', 'users', 'user', 'item', 'time', 'timeFormat', 'zone', 'decimal'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (given === undefined) return;
  const flag = given === 'timeFormat' ? 'time-format' : given;
  throw new UsageError(
    `--${flag}: ${what} says that already`,
    `edit the description, or use --set, e.g. --set interactions.user=customer`,
  );
}

async function describedJob(prepare: Prepare, file: string, options: PrepareCommandOptions): Promise<Job> {
  refuseInference(options, file);
  const description = adjusted(prepare, await prepare.readDescription(file), options);
  const { dir, name } = parse(file);
  return { description, base: dirname(file), out: options.out ?? join(dir, name) };
}

async function recipeJob(prepare: Prepare, recipe: string, options: PrepareCommandOptions): Promise<Job> {
  refuseInference(options, `recipe ${recipe}`);
  const description = adjusted(prepare, await prepare.readRecipe(recipe), options);
  const base = options.raw ?? join('data', 'raw', recipe);
  if (!(await isThere(base)))
    throw new DataError([
      {
        file: base,
        message: `there is no folder with the raw files of ${recipe}`,
        cure: `fetch them with ${commandLine('data', 'pull', recipe)}, or name their folder with --raw`,
      },
    ]);
  return { description, base, out: options.out ?? join('data', description.name) };
}

async function inferredJob(
  prepare: Prepare,
  input: readonly string[],
  options: PrepareCommandOptions,
  signal: AbortSignal,
): Promise<Job> {
  const { user, item, time, timeFormat, zone, decimal, items, users } = options;
  const name = options.name ?? (options.out === undefined ? undefined : nameOf(options.out));
  const base = options.out === undefined ? 'data' : dirname(options.out);
  const inspection: Inspection = await prepare.inspectFiles(
    { interactions: input, items, users, name },
    { ...engineOptions(options), base, columns: { user, item, time, timeFormat, zone, decimal }, signal },
  );
  const description = adjusted(prepare, inspection.description, options);
  const out = options.out ?? join('data', description.name);
  return { description, findings: inspection.findings, base, out, yaml: `${out}.yaml` };
}

/** The name of a folder, where it is one for data sets too. */
function nameOf(folder: string): string | undefined {
  const name = basename(resolve(folder));
  return /^[\w.-]+$/.test(name) ? name : undefined;
}

/** The description with what the options say instead. */
function adjusted(
  { checkDescription, descriptionSchema }: Prepare,
  description: Description,
  options: PrepareCommandOptions,
): Description {
  const { userMin, itemMin, duplicates, split, set = [], name } = options;
  const assignments = [
    ...(name === undefined ? [] : [{ path: 'name', value: name, shown: `--name ${name}` }]),
    ...(userMin === undefined ? [] : [{ path: 'filters.userMin', value: userMin, shown: '--user-min' }]),
    ...(itemMin === undefined ? [] : [{ path: 'filters.itemMin', value: itemMin, shown: '--item-min' }]),
    ...(duplicates === undefined ? [] : [{ path: 'filters.duplicates', value: duplicates, shown: '--duplicates' }]),
    ...withLists(set.map(parseSetting), jsonSchema(descriptionSchema)),
  ];
  if (assignments.length === 0 && split === undefined) return description;
  const { values } = assignmentLayer(assignments);
  const merged = mergeTrees(isTree(description) ? description : {}, values);
  return checkDescription(split === undefined ? merged : { ...merged, split }, 'options');
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
