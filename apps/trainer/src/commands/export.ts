// difsr export: one ONNX file of standard operators, checked against the backend that trained it.
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { BackendError, type Backend, type HostTensor } from '@difsr/graph';
import { UsageError, ownModelOption } from '@difsr/library/parts';
import {
  exportTask,
  inputName,
  padded,
  paddedItems,
  precompute,
  shownLength,
  TRAINED_ITEMS,
  trainedItems,
} from '@difsr/models';
import { toOnnx } from '@difsr/onnx';
import { createOnnxRuntimeBackend, openModelFile } from '@difsr/onnxruntime';
import { writeFileAtomic } from '@difsr/files';
import { inferenceTensors, openRun, type Run } from '@difsr/training';
import { Option, type Command } from 'commander';
import { commandLine } from '../command-line.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { jsonOption, ownModel, positiveInteger } from '../options.js';
import { bytes as size } from '../output/table.js';
import { processTerminal } from '../output/terminal.js';
import { exampleEvents, exampleUsers, isFedValues, valueInputs } from './export-values.js';
import { includesNew, topOf } from './recommend.js';

interface ExportOptions {
  readonly onnx?: boolean;
  readonly out?: string;
  readonly k?: number;
  readonly excluded?: boolean;
  readonly includeNew?: boolean;
  readonly model?: string;
  readonly json?: boolean;
}

/** Version of what {@link contractOf} says, in the file's metadata: 1 had neither metadata nor `used`. */
const FORMAT_VERSION = 2;

/** Largest allowed difference of a score, relative to the largest score. */
const TOLERANCE = 1e-4;
/** Lengths of the histories of each check, two rows each. */
const CHECK_LENGTHS = [1, 2, 7, 50];

/** Declares the command; `done` receives its exit code. */
export function addExport(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('export')
    .description('write the model as one ONNX file (opset 17, standard operators only)')
    .argument('<run>', 'run folder')
    .addOption(new Option('--onnx', 'the format, and the only one so far'))
    .option(
      '--out <file>',
      'the file (default: RUN/model.onnx); its vocabulary is put beside it as NAME.vocabulary.json',
    )
    .option(
      '-k <n>',
      'how many top items the file returns beside all scores (default: 20, or all items where there are fewer)',
      positiveInteger,
    )
    .option('--excluded', 'give the file an input of items that it must not recommend, such as seen ones')
    .option(
      '--include-new',
      'items without training interactions may be among the top items: of a model with item fields, which knows them by their attributes',
    );
  ownModel(command);
  jsonOption(command, 'the result as JSON')
    .addHelpText(
      'after',
      `
Inputs:
  items     int32 [batch, length], any batch, any length: ids by the order of "items" in NAME.vocabulary.json, oldest first.
            0 is padding. Ids that are none (-1, too large) are left out, of the rest the last maxLength are used.
  excluded  int32 [batch, any], with --excluded alone: ids that are not recommended, 0 = none.
  event.NAME, user.NAME  of a model that reads them, at the places of items: int32 [batch, length] or [batch, length, most] of value
            ids by the order of "fields" in NAME.vocabulary.json (0 = none), float [batch, length, 2] of a number and 1 (0, 0: none),
            float [batch, length, width + 1] of a vector and 1. Numbers are as the data has them. Those of users have no length.
            event.time.hour: 1 = 00:00 to 00:59 UTC .. 24 = 23:00 to 23:59 UTC, event.time.weekday: 1 = Monday .. 7 = Sunday, UTC
            (0 = none), event.time.gap: seconds since the one before.
Outputs:
  scores    float [batch, items + 1], of all items (column 0 is padding)
  ids       int32 [batch, k], best first, seen items among them; 0 where no item is left, and in rows without an item.
            Of a model with item fields, items without training interactions are not among them, unless with --include-new.
  values    float [batch, k], their scores
  used      int32 [batch], how many items of each row were used
The file says in its metadata_props: formatVersion, model, maxLength, items, k, excluded, newItems, vocabulary, vocabularySha256,
and values (JSON: what is fed beside items), where it is anything.

Examples:
  $ npx difsr export runs/clicks --onnx
  $ npx difsr export runs/clicks --onnx --out clicks.onnx -k 50
  $ npx difsr export runs/clicks --onnx --excluded`,
    )
    .action(async (run: string, options: ExportOptions) => done(await exportCommand(run, options)));
}

async function exportCommand(folder: string, options: ExportOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json: options.json === true });
  if (options.onnx !== true)
    throw new UsageError('no format was named', `write ${commandLine('export', folder, '--onnx')}`);
  const run = await openRun(folder, await ownModelOption(options.model));
  const { excluded = false } = options;
  const { items } = run.vocabulary.schema;
  const task: Task = {
    k: topOf(options.k, items, folder),
    excluded,
    includeNew: includesNew(run, options.includeNew ?? false),
  };
  const out = options.out ?? join(folder, 'model.onnx');
  const vocabulary = vocabularyPath(out);
  const words = Buffer.from(`${JSON.stringify(run.vocabulary)}\n`);
  const backend = await createOnnxRuntimeBackend();
  const { bytes, difference } = await writtenFile(run, task, backend, {
    vocabulary: basename(vocabulary),
    vocabularySha256: createHash('sha256').update(words).digest('hex'),
  }).finally(() => backend.dispose());
  await writeFileAtomic(out, bytes);
  await writeFileAtomic(vocabulary, words);
  terminal.value({
    run: folder,
    file: out,
    vocabulary,
    bytes: bytes.length,
    opset: 17,
    k: task.k,
    maxLength: run.model.config.maxLength,
    excluded,
    newItems: newItems(task),
    ...(isFedValues(run.model) ? { values: valueInputs(run.model) } : {}),
    largestRelativeDifference: difference,
  });
  terminal.line(`${out}: ${size(bytes.length)}, opset 17, standard operators`);
  terminal.line(`  ${contractOf(run, task).replaceAll('\n', '\n  ')}`);
  terminal.line(`item ids: ${vocabulary} ("items", by position)`);
  terminal.line(
    `checked: scores differ from the backend's by at most ${difference.toExponential(1)} of the largest, over ${(CHECK_LENGTHS.length + 1) * 2} histories`,
  );
  return exitCodes.ok;
}

/** What is exported of a run. */
interface Task {
  readonly k: number;
  readonly excluded: boolean;
  /** Whether items without training interactions may be recommended. */
  readonly includeNew: boolean;
}

/** The file's bytes, checked before it gets its name: one that is wrong is never left behind. @throws BackendError where it is */
async function writtenFile(
  run: Run,
  task: Task,
  backend: Backend,
  vocabulary: Readonly<Record<string, string>>,
): Promise<{ readonly bytes: Uint8Array; readonly difference: number }> {
  const { model } = run;
  const { items } = model.schema;
  const { k, ...options } = task;
  const { graph, tensors } = await precompute(model, exportTask(model, k, options), tensorsOf(run, task), backend);
  const bytes = toOnnx(graph, {
    target: 'export',
    name: model.name,
    initializers: tensors,
    histories: {
      input: 'items',
      items,
      longest: model.config.maxLength,
      beside: model.reads.events.map(inputName),
    },
    metadata: {
      formatVersion: String(FORMAT_VERSION),
      model: model.name,
      maxLength: String(model.config.maxLength),
      items: String(items),
      k: String(k),
      excluded: String(task.excluded),
      newItems: newItems(task),
      ...(isFedValues(model) ? { values: JSON.stringify(valueInputs(model)) } : {}),
      ...vocabulary,
    },
    description: contractOf(run, task),
  });
  const file = await openModelFile(bytes);
  const difference = await compare(run, file, backend, task).finally(() => file.dispose());
  if (!(difference <= TOLERANCE)) {
    throw new BackendError(
      `the exported model differs from the run by ${difference} of the largest score (${TOLERANCE} is allowed): nothing was written\n  cure: please report this with the run's config.json`,
    );
  }
  return { bytes, difference };
}

/** Everything that a task may read of a run. */
function tensorsOf(run: Run, { includeNew }: Task): Record<string, HostTensor> {
  const trained = includeNew ? {} : { [TRAINED_ITEMS]: trainedItems(run.items.counts) };
  return { ...inferenceTensors(run), ...trained };
}

/** What the file does with items without training interactions. */
function newItems({ includeNew }: Task): 'ranked' | 'left out' {
  return includeNew ? 'ranked' : 'left out';
}

/** The vocabulary of a file lies beside it under its name, so that two models in one folder keep their own. */
function vocabularyPath(out: string): string {
  return `${out.replace(/\.onnx$/i, '')}.vocabulary.json`;
}

/** What the file takes and gives, for whoever opens it. */
function contractOf({ model }: Run, task: Task): string {
  const { maxLength } = model.config;
  return [
    `items int32 [batch, length], ids 1..${model.schema.items}, oldest first; what is no item is left out, the last ${maxLength} of a row are used`,
    ...valueInputs(model).map(({ input, form }) => `${input} ${form}`),
    ...(task.excluded ? ['excluded int32 [batch, any]: ids that are not recommended, 0 = none'] : []),
    `-> scores, ids and values (top ${task.k}; id 0: none is left), used (items of each row that were used)`,
    ...(task.includeNew ? [] : ['ids have no items without training interactions; scores are of all items']),
  ].join('\n');
}

/** The largest difference between the file's scores and the backend's, relative to the largest score; 0 is equality. */
async function compare(
  run: Run,
  file: Awaited<ReturnType<typeof openModelFile>>,
  backend: Backend,
  task: Task,
): Promise<number> {
  const { k, ...options } = task;
  const variables = await backend.createVariables(tensorsOf(run, task));
  const { graph } = exportTask(run.model, k, options);
  const program = await backend.compile(graph, { variables, label: 'export' });
  let largest = 0;
  for (const length of [...CHECK_LENGTHS, run.model.config.maxLength + 3]) {
    const rows = exampleHistories(run, length);
    const beside: Record<string, HostTensor> = {
      ...(task.excluded ? { excluded: padded([[1], [2, 3]], 1) } : {}),
      ...exampleUsers(run.model, rows.length),
    };
    const items = paddedItems(rows, run.model);
    const places = rows.map((row) => row.map((_, place) => place));
    const shown = places.map((row) => row.slice(-shownLength(run.model)));
    const events = exampleEvents(run.model, shown, items.shape[1] ?? 0);
    const ours = scoresOf(await program.run({ items, ...events, ...beside }));
    // The file is given what is no item as well, and leaves it out by itself, with what is said of it.
    const unclean = rows.map((row) => [-1, ...row, run.vocabulary.schema.items + 1]);
    const given = padded(unclean, 1);
    const around = places.map((row) => [1000, ...row, 1001]);
    const theirs = scoresOf(
      await file.run({ items: given, ...exampleEvents(run.model, around, given.shape[1] ?? 0), ...beside }),
    );
    const scale = ours.reduce((most, score) => Math.max(most, Math.abs(score)), Number.MIN_VALUE);
    ours.forEach((score, i) => (largest = Math.max(largest, Math.abs(score - (theirs[i] ?? Number.NaN)) / scale)));
    if (theirs.length !== ours.length || theirs.some((score) => !Number.isFinite(score))) return Number.NaN;
  }
  return largest;
}

function scoresOf(outputs: Readonly<Record<string, HostTensor>>): number[] {
  return [...(outputs['scores']?.data ?? [])];
}

/** Two histories that depend on the length alone, the second one item shorter. */
function exampleHistories(run: Run, length: number): number[][] {
  const { items } = run.vocabulary.schema;
  const row = (seed: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => 1 + (((i + seed) * 7919 + length) % items));
  return [row(0, length), row(length, Math.max(1, length - 1))];
}
