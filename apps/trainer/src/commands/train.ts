// difsr train: configuration, data, backend, training, results.
import { chooseByName } from '@difsr/errors';
import { sequenceStore } from '@difsr/data';
import {
  type TrainingData,
  closeData,
  defaultPreset,
  loadData,
  modelsByName,
  nextFreeFolder,
  openBackend,
  presets,
  removeUnstarted,
  requireFreeFolder,
  requireTrainable,
  resolveRun,
  trainOwn,
  UsageError,
} from '@difsr/library/parts';
import { isTimeField, modelOf } from '@difsr/models';
import {
  deviceNames,
  fieldsNamed,
  outlineSchema,
  readRunConfig,
  sideColumns,
  train,
  type OwnModel,
  type RunConfig,
  type TrainOutcome,
} from '@difsr/training';
import { Option, type Command } from 'commander';
import { showData } from '../output/data.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { withInterrupt } from '../interrupt.js';
import { assignments, backendOptions, collect, jsonOption, type SharedOptions } from '../options.js';
import { showPreparedRaw } from '../output/inspection.js';
import { createProgress } from '../output/progress.js';
import { showOutcome, warnCutOffs } from '../output/results.js';
import { processTerminal, type Terminal } from '../output/terminal.js';

/** Declares the command; `done` receives its exit code. */
export function addTrain(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('train')
    .description('train a model on interactions and write a run folder')
    .option(
      '--data <path>',
      'data set: a prepared folder, folder, file (.csv, .jsonl, .parquet, .yaml ..) or DIR/NAME; "generated" (the default) needs no files',
    )
    .addOption(
      new Option(
        '--format <form>',
        's3rec, recbole, prepared, generated, csv, jsonl, json, python, parquet or duckdb (default: inferred from the path)',
      ),
    )
    .option(
      '--model <name>',
      `${[...modelsByName.keys()].join(', ')} (default: dif-sr), or the file of a model of your own, ./my-model.mjs`,
    )
    .option('--preset <name>', `${[...presets.keys()].join(', ')} (default: ${defaultPreset})`)
    .option('--config <file.yaml>', 'configuration file (default: none); every option is in docs/configuration.md')
    .option(
      '--set <key=value>',
      'one option of the configuration, e.g. training.learningRate=0.0005 (repeatable)',
      collect,
    )
    .option('--epochs <n>', 'most passes over the data (default: 100)')
    .option('--seed <n>', 'seed of everything random (default: 42)')
    .option(
      '--init <run>',
      'begin with the weights of another run, item by item and value by value: of older data, another model or objective (default: none)',
    )
    .option('--no-test', 'leave the test targets unseen: difsr evaluate ranks them later')
    .option('--out <dir>', 'run folder (default: runs/DATASET-MODEL-N)');
  backendOptions(command);
  jsonOption(command, 'events as JSON lines on stdout')
    .addHelpText(
      'after',
      `
A key is taken from --set, else from an option, else from the configuration file, else from the preset.

Examples:
  $ npx difsr train
  $ npx difsr train --data data/Beauty --epochs 30
  $ npx difsr train --data clicks.csv
  $ npx difsr train --data data/clicks --model sasrec --seed 7 --out runs/clicks
  $ npx difsr train --data data/Beauty --preset paper --set training.learningRate=0.0005 --set model.heads=4
  $ npx difsr train --data clicks.csv --model ./my-model.mjs
  $ npx difsr train --data clicks-of-may.csv --init runs/clicks-of-april
  $ npx difsr train --config beauty.yaml`,
    )
    .action(async (options: SharedOptions) => done(await trainCommand(options)));
}

async function trainCommand(options: SharedOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json: options.json === true });
  const { config, own } = await resolveRun({
    preset: options.preset,
    config: options.config,
    set: options.set ?? [],
    flags: assignments(options),
  });
  const { reason } = await trainRun(terminal, config, options.out, { own, init: options.init });
  return reason === 'interrupted' ? exitCodes.interrupted : exitCodes.ok;
}

/** What {@link trainRun} takes beside the configuration. */
interface RunOptions {
  readonly show?: 'everything' | 'training';
  readonly own?: OwnModel;
  /** The run to take initial weights from. */
  readonly init?: string | undefined;
}

/** Trains as configured and shows everything, or the training alone; interrupted by Ctrl-C. */
export async function trainRun(
  terminal: Terminal,
  config: RunConfig,
  out: string | undefined,
  { show = 'everything', own = {}, init }: RunOptions = {},
): Promise<TrainOutcome> {
  // What costs nothing is checked before data is read and a device is woken up.
  if (out !== undefined) await requireFreeFolder(out);
  if (init !== undefined) await readRunConfig(init);
  const dataset = await loadData(config.data, (prepared) => {
    if (show === 'everything') showPreparedRaw(terminal, prepared, config.data.path);
  });
  try {
    return await trainOn(dataset, terminal, config, { out, show, own, init });
  } finally {
    await closeData(dataset);
  }
}

async function trainOn(
  dataset: TrainingData,
  terminal: Terminal,
  config: RunConfig,
  {
    out,
    show,
    own,
    init,
  }: { readonly out: string | undefined } & Required<Pick<RunOptions, 'show' | 'own'>> & Pick<RunOptions, 'init'>,
): Promise<TrainOutcome> {
  requireTrainable(dataset, config.data.path);
  const { name } = config.model;
  checkModel(config, dataset, own);
  if (show === 'everything') showData(terminal, dataset);
  warnCutOffs(terminal, config.evaluation.ks, dataset.items.size - 1);
  const folder = out ?? (await nextFreeFolder(`${dataset.name}-${name}`));
  if (out === undefined) await requireFreeFolder(folder);
  const backend = await openBackend(config, (line) => {
    if (show === 'everything') terminal.line(line);
  });
  const progress = createProgress({
    terminal,
    metric: config.training.earlyStopping.metric,
    // The loss of a model with attribute predictors is more than that of one without: in a comparison it says nothing.
    losses: show === 'everything',
  });
  try {
    const outcome = await withInterrupt(
      () => process.stderr.write('\nsaving; Ctrl-C again quits at once\n'),
      // The run remembers the device that was used, so that resuming takes the same one.
      (signal) =>
        train({
          config: { ...config, device: deviceOf(backend.device) },
          dataset,
          backend,
          out: folder,
          signal,
          onEvent: (event) => progress.event(event),
          ...trainOwn(own),
          ...(init === undefined ? {} : { init }),
        }),
    );
    progress.close();
    if (show === 'everything' || outcome.reason === 'interrupted') showOutcome(terminal, outcome);
    return outcome;
  } catch (error) {
    progress.close();
    await removeUnstarted(folder);
    throw error;
  } finally {
    await backend.dispose();
  }
}

/** Checks the model's options against the data before a folder is made. */
function checkModel(config: RunConfig, dataset: TrainingData, { definition }: OwnModel): void {
  const store = sequenceStore(dataset);
  const fields = new Map(sideColumns(dataset, store).map((field) => [field.name, field]));
  const names = fieldsNamed(config.model);
  for (const name of names ?? [])
    if (!isTimeField(name)) chooseByName('field', name, fields, UsageError, 'model.fields');
  modelOf(config.model, outlineSchema(dataset, store, names), { definition });
}

/** A device's name as configurations know it. */
function deviceOf(name: string): RunConfig['device'] {
  return deviceNames.find((known) => known === name) ?? 'auto';
}
