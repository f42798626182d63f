// difsr export: one ONNX file of standard operators, checked against the backend that trained it.
import { dirname, join, resolve } from 'node:path';
import { BackendError, type Backend, type HostTensor } from '@difsr/graph';
import { exportTask } from '@difsr/models';
import { createOnnxRuntimeBackend, openModelFile, toOnnx } from '@difsr/onnxruntime';
import { inferenceTensors, openRun, RUN_FILES, writeFileAtomic, type Run } from '@difsr/training';
import { Option, type Command } from 'commander';
import { commandLine } from '../command-line.js';
import { exitCodes, UsageError, type ExitCode } from '../errors.js';
import { jsonOption, positiveInteger } from '../options.js';
import { bytes as size } from '../output/table.js';
import { processTerminal } from '../output/terminal.js';

interface ExportOptions {
  readonly onnx?: boolean;
  readonly out?: string;
  readonly k: number;
  readonly json?: boolean;
}

/** Largest allowed difference of a score, relative to the largest score. */
const TOLERANCE = 1e-4;
/** Histories of each check: one row each of several lengths, and batches. */
const CHECK_LENGTHS = [1, 2, 7, 50];

/** Declares the command; `done` receives its exit code. */
export function addExport(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('export')
    .description('write the model as one ONNX file (opset 17, standard operators only)')
    .argument('<run>', 'run folder')
    .addOption(new Option('--onnx', 'the format, and the only one so far'))
    .option('--out <file>', 'the file (default: RUN/model.onnx); vocabulary.json is put beside it')
    .option('-k <n>', 'how many top items the file returns beside all scores', positiveInteger, 20);
  jsonOption(command, 'the result as JSON')
    .addHelpText(
      'after',
      `
Input: items int32 [batch, length], ids by the order of "items" in vocabulary.json, oldest first, 0 = padding on the right.
Outputs: scores [batch, items + 1] (column 0 is padding), ids int32 and values [batch, k], best first; seen items are not left out.

Examples:
  $ npx difsr export runs/clicks --onnx
  $ npx difsr export runs/clicks --onnx --out clicks.onnx -k 50`,
    )
    .action(async (run: string, options: ExportOptions) => done(await exportCommand(run, options)));
}

async function exportCommand(folder: string, options: ExportOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json: options.json === true });
  if (options.onnx !== true)
    throw new UsageError('no format was named', `write ${commandLine('export', folder, '--onnx')}`);
  const run = await openRun(folder);
  const { k } = options;
  const items = run.vocabulary.schema.items;
  if (k > items) throw new UsageError(`-k ${k}: ${folder} knows ${items} items`, `choose -k from 1 to ${items}`);
  const out = options.out ?? join(folder, 'model.onnx');
  const bytes = toOnnx(exportTask(run.model, k).graph, {
    target: 'export',
    name: run.model.name,
    initializers: inferenceTensors(run),
  });
  // Checked before it gets its name: a file that is wrong is never left behind.
  const difference = await largestDifference(run, bytes, k);
  if (!(difference <= TOLERANCE)) {
    throw new BackendError(
      `the exported model differs from the run by ${difference} of the largest score (${TOLERANCE} is allowed): nothing was written\n  cure: please report this with the run's config.json`,
    );
  }
  await writeFileAtomic(out, bytes);
  const vocabulary = join(dirname(out), RUN_FILES.vocabulary);
  if (resolve(vocabulary) !== resolve(join(folder, RUN_FILES.vocabulary))) {
    await writeFileAtomic(vocabulary, `${JSON.stringify(run.vocabulary)}\n`);
  }
  terminal.value({
    run: folder,
    file: out,
    vocabulary,
    bytes: bytes.length,
    opset: 17,
    k,
    largestRelativeDifference: difference,
  });
  terminal.line(
    `${out}: ${size(bytes.length)}, opset 17, standard operators; items int32 [batch, length] -> scores, ids, values (top ${k})`,
  );
  terminal.line(`item ids: ${vocabulary} ("items", by position)`);
  terminal.line(
    `checked: scores differ from the backend's by at most ${difference.toExponential(1)} of the largest, over ${CHECK_LENGTHS.length * 2} histories`,
  );
  return exitCodes.ok;
}

/** The largest difference between the file's scores and the backend's, relative to the largest score; 0 is equality. */
async function largestDifference(run: Run, bytes: Uint8Array, k: number): Promise<number> {
  const file = await openModelFile(bytes);
  const backend = await createOnnxRuntimeBackend();
  try {
    return await compare(run, file, backend, k);
  } finally {
    await file.dispose();
    await backend.dispose();
  }
}

async function compare(
  run: Run,
  file: Awaited<ReturnType<typeof openModelFile>>,
  backend: Backend,
  k: number,
): Promise<number> {
  const variables = await backend.createVariables(inferenceTensors(run));
  const program = await backend.compile(exportTask(run.model, k).graph, { variables, label: 'export' });
  let largest = 0;
  for (const length of CHECK_LENGTHS) {
    const feeds = { items: exampleHistories(run, length) };
    const ours = scoresOf(await program.run(feeds));
    const theirs = scoresOf(await file.run(feeds));
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
function exampleHistories(run: Run, wanted: number): HostTensor {
  const { maxLength } = run.model.config;
  const columns = run.model.fixedLength ? maxLength : Math.min(wanted, maxLength);
  const { items } = run.vocabulary.schema;
  const data = Int32Array.from({ length: 2 * columns }, (_, i) => 1 + ((i * 7919 + wanted) % items));
  for (let i = Math.min(wanted, columns); i < columns; i++) data[i] = 0;
  for (let i = columns + Math.max(1, Math.min(wanted, columns) - 1); i < 2 * columns; i++) data[i] = 0;
  return { dtype: 'int32', shape: [2, columns], data };
}
