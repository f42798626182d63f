// exportRun: one ONNX file of standard operators, checked against the backend that trained it.
import { basename, join } from 'node:path';
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import { sha256, writeFileAtomic } from '@difsr/files';
import { BackendError, type Backend, type HostTensor, type Program } from '@difsr/graph';
import {
  exportTask,
  inputName,
  Owned,
  padded,
  paddedItems,
  precompute,
  shownLength,
  TRAINED_ITEMS,
  trainedItems,
} from '@difsr/models';
import { toOnnx } from '@difsr/onnx';
import { createOnnxRuntimeBackend, openModelFile } from '@difsr/onnxruntime';
import { inferenceTensors, openRun, type Run } from '@difsr/training';
import { UsageError } from '../errors.js';
import { ownModelOf, type OwnModelOption } from '../options.js';
import { includesNew, topOf } from '../selection.js';
import { exampleEvents, exampleUsers, isFedValues, valueInputs, type ValueInput } from './values.js';

/** What is exported of a run, and where to. */
export interface ExportOptions extends OwnModelOption {
  /** The file. Default: `model.onnx` in the run's folder. Its vocabulary is put beside it as `NAME.vocabulary.json`. */
  readonly out?: string | undefined;
  /** How many top items the file returns beside all scores. Default: 20, or all items where there are fewer. */
  readonly k?: number | undefined;
  /** Give the file an input of items that it must not recommend, such as seen ones. Default: false. */
  readonly excluded?: boolean | undefined;
  /**
   * Items without training interactions may be among the top items: of a model with item fields, which knows them by their
   * attributes. Default: false.
   */
  readonly includeNew?: boolean | undefined;
}

const RULES: OptionRules<ExportOptions> = {
  model: option.given,
  out: option.text,
  k: option.whole(1),
  excluded: option.flag,
  includeNew: option.flag,
};

/** An exported file. */
export interface ExportedFile {
  /** The run's folder. */
  readonly run: string;
  readonly file: string;
  /** The file with the ids of items and values, by position. */
  readonly vocabulary: string;
  /** Of the file. */
  readonly bytes: number;
  readonly opset: number;
  readonly k: number;
  /** Items of a history that are used, the last so many. */
  readonly maxLength: number;
  readonly excluded: boolean;
  /** What the file does with items without training interactions. */
  readonly newItems: 'ranked' | 'left out';
  /** What is fed beside items, of a model that reads more. */
  readonly values?: readonly ValueInput[];
  /** What the file takes and gives, in lines. */
  readonly contract: string;
  /** Of a score to the backend's, relative to the largest score. */
  readonly largestRelativeDifference: number;
  /** Histories over which the scores were compared. */
  readonly comparedHistories: number;
}

/** What is exported of a run, defaults filled in. */
interface Task {
  readonly k: number;
  readonly excluded: boolean;
  readonly includeNew: boolean;
}

/** What the backend computes, and what it reads. */
interface Traced {
  readonly task: ReturnType<typeof exportTask>;
  readonly tensors: Record<string, HostTensor>;
}

/** Version of what {@link contractOf} says, in the file's metadata: 1 had neither metadata nor `used`. */
const FORMAT_VERSION = 2;

/** Largest allowed difference of a score, relative to the largest score. */
const TOLERANCE = 1e-4;
/** Lengths of the histories of each check, two rows each; one more is longer than what is used. */
const CHECK_LENGTHS = [1, 2, 7, 50];

/**
 * Writes a run's model as one ONNX file (opset 17, standard operators only), after comparing its scores with the backend's.
 *
 * @param run its folder
 * @throws RunError where the folder holds no trained run; UsageError for options that cannot be used; BackendError where the scores
 * differ: nothing is written then
 * @example
 * ```ts
 * const { file, contract } = await exportRun('runs/shop', { k: 50, excluded: true });
 * ```
 */
export async function exportRun(run: string, options: ExportOptions = {}): Promise<ExportedFile> {
  checkOptions('exportRun', options, RULES, UsageError);
  const opened = await openRun(run, await ownModelOf(options.model));
  const task: Task = {
    k: topOf(options.k, opened),
    excluded: options.excluded ?? false,
    includeNew: includesNew(opened, options.includeNew ?? false),
  };
  const file = options.out ?? join(run, 'model.onnx');
  const vocabulary = vocabularyPath(file);
  const words = Buffer.from(`${JSON.stringify(opened.vocabulary)}\n`);
  const backend = await createOnnxRuntimeBackend();
  const { bytes, difference } = await writtenFile(opened, task, backend, {
    vocabulary: basename(vocabulary),
    vocabularySha256: sha256(words),
  }).finally(() => backend.dispose());
  await writeFileAtomic(file, bytes);
  await writeFileAtomic(vocabulary, words);
  return {
    run,
    file,
    vocabulary,
    bytes: bytes.length,
    opset: 17,
    k: task.k,
    maxLength: opened.model.config.maxLength,
    excluded: task.excluded,
    newItems: newItems(task),
    ...(isFedValues(opened.model) ? { values: valueInputs(opened.model) } : {}),
    contract: contractOf(opened, task),
    largestRelativeDifference: difference,
    comparedHistories: (CHECK_LENGTHS.length + 1) * 2,
  };
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
  const traced: Traced = { task: exportTask(model, k, options), tensors: tensorsOf(run, task) };
  const { graph, tensors } = await precompute(model, traced.task, traced.tensors, backend);
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
  const difference = await compare(run, file, backend, task, traced).finally(() => file.dispose());
  if (!(difference <= TOLERANCE)) {
    throw new BackendError({
      what: `the exported model differs from the run by ${difference} of the largest score (${TOLERANCE} is allowed): nothing was written`,
      cure: "please report this with the run's config.json",
    });
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
  traced: Traced,
): Promise<number> {
  const owned = new Owned();
  try {
    const variables = owned.add(await backend.createVariables(traced.tensors));
    const program = owned.add(await backend.compile(traced.task.graph, { variables, label: 'export' }));
    return await largestDifference(run, file, program, task);
  } finally {
    await owned.dispose();
  }
}

async function largestDifference(
  run: Run,
  file: Awaited<ReturnType<typeof openModelFile>>,
  program: Program,
  task: Task,
): Promise<number> {
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
