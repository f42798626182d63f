// difsr train: trains a model and shows how it goes.
import { commonPresets, defaultPreset, modelsByName, resolveRun, trainResolved } from '@difsr/library/parts';
import { Option, type Command } from 'commander';
import type { ExitCode } from '../errors.js';
import { asSet, assignments, backendOptions, collect, jsonOption, type SharedOptions } from '../options.js';
import { processTerminal } from '../output/terminal.js';
import { codeOfTraining, showTraining } from './training.js';

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
    .option('--preset <name>', `${[...commonPresets.keys()].join(', ')} (default: ${defaultPreset})`)
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
    .option(
      '--pretrain <name>',
      'pre-train weights before, on the training part alone: s3-rec, or none (default: none, of s3-rec itself s3-rec)',
    )
    .option(
      '--distill <run>',
      'learn beside the data what a trained run on the same data predicts (repeatable: the mean of several; default: none)',
      collect,
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
  $ npx difsr train --data data/Beauty --model dif-sr --pretrain s3-rec
  $ npx difsr train --data data/Beauty --distill runs/seed-1 --distill runs/seed-2 --distill runs/seed-3
  $ npx difsr train --config beauty.yaml`,
    )
    .action(async (options: SharedOptions) => done(await trainCommand(options)));
}

async function trainCommand(options: SharedOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json: options.json === true });
  const run = await resolveRun({
    preset: options.preset,
    config: options.config,
    set: options.set ?? [],
    shown: asSet,
    flags: assignments(options),
  });
  const { out, init } = options;
  return codeOfTraining(
    await showTraining(terminal, 'whole', (control) => trainResolved(run, { out, init, ...control })),
  );
}
