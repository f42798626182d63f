// difsr evaluate: ranks a run's validation and test targets again.
import {
  type TrainingData,
  closeData,
  loadRunData,
  openBackend,
  ownModelOption,
  precisionOf,
} from '@difsr/library/parts';
import { evaluateRun, openRun, type Run } from '@difsr/training';
import type { Command } from 'commander';
import { exitCodes, type ExitCode } from '../errors.js';
import { backendOptions, jsonOption, ownModel, type SharedOptions } from '../options.js';
import { createProgress } from '../output/progress.js';
import { showResults, showWarning, unlearned, warnCutOffs } from '../output/results.js';
import { seconds } from '../output/table.js';
import { processTerminal, type Terminal } from '../output/terminal.js';

interface EvaluateOptions extends SharedOptions {
  readonly maskSeen?: boolean;
}

/** Declares the command; `done` receives its exit code. */
export function addEvaluate(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('evaluate')
    .description('rank all items for the held-out interactions of a run')
    .argument('<run>', 'run folder')
    .option('--data <path>', 'where the same data set is now, if it was moved (default: where it was)')
    .option(
      '--mask-seen',
      'leave items of the history out of the ranking, as recommend does (not the protocol of the paper); a target among them is a miss',
    );
  backendOptions(command);
  ownModel(command);
  jsonOption(command, 'the metrics as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ npx difsr evaluate runs/clicks
  $ npx difsr evaluate runs/clicks --mask-seen --json`,
    )
    .action(async (run: string, options: EvaluateOptions) => done(await evaluateCommand(run, options)));
}

async function evaluateCommand(folder: string, options: EvaluateOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json: options.json === true });
  const opened = await openRun(folder, await ownModelOption(options.model));
  const { config } = opened;
  const run =
    options.data === undefined
      ? opened
      : { ...opened, config: { ...config, data: { ...config.data, path: options.data } } };
  const dataset = await loadRunData(config.data, options.data);
  try {
    return await evaluateOn(dataset, terminal, run, options);
  } finally {
    await closeData(dataset);
  }
}

async function evaluateOn(
  dataset: TrainingData,
  terminal: Terminal,
  run: Run,
  options: EvaluateOptions,
): Promise<ExitCode> {
  const backendName = options.backend ?? run.config.backend;
  const backend = await openBackend({
    ...options,
    backend: backendName,
    threads: options.threads ?? run.config.threads,
    precision: precisionOf(run.config, backendName, options.precision),
  });
  warnCutOffs(terminal, run.config.evaluation.ks, dataset.items.size - 1);
  const maskSeen = options.maskSeen ?? run.config.evaluation.maskSeen;
  // Only the bar is wanted: the JSON is one result, not a stream of events.
  const progress = terminal.json
    ? undefined
    : createProgress({ terminal, metric: run.config.training.earlyStopping.metric });
  try {
    const { seconds: time, ...results } = await evaluateRun({
      run,
      dataset,
      backend,
      maskSeen,
      onEvent: (event) => progress?.event(event),
    });
    progress?.close();
    const protocol = {
      ranking: 'full',
      maskSeen,
      ...(dataset.splitMethod === undefined ? {} : { split: dataset.splitMethod }),
    } as const;
    const warning = unlearned(results, 'valid');
    terminal.value({
      run: run.folder,
      model: run.model.name,
      ...results,
      protocol,
      seconds: time,
      ...(warning === undefined ? {} : { warning }),
    });
    terminal.line(`${run.model.name} of ${run.folder} on ${dataset.name}, ${backend.name} (${backend.device})`);
    showResults(terminal, { ...results, protocol });
    terminal.line(`${seconds(time)} a split`);
    if (warning !== undefined) showWarning(terminal, warning);
    return exitCodes.ok;
  } finally {
    progress?.close();
    await backend.dispose();
  }
}
