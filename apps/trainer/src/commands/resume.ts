// difsr resume: goes on with a run that was interrupted or killed, or trains a finished one for more epochs.
import {
  type TrainingData,
  closeData,
  loadRunData,
  openBackend,
  ownModelOption,
  precisionOf,
  trainOwn,
} from '@difsr/library/parts';
import { readRunConfig, train, type OwnModel, type RunConfig } from '@difsr/training';
import type { Command } from 'commander';
import { exitCodes, type ExitCode } from '../errors.js';
import { withInterrupt } from '../interrupt.js';
import { backendOptions, jsonOption, ownModel, positiveInteger, type SharedOptions } from '../options.js';
import { createProgress } from '../output/progress.js';
import { showOutcome } from '../output/results.js';
import { processTerminal, type Terminal } from '../output/terminal.js';

interface ResumeOptions extends Omit<SharedOptions, 'epochs'> {
  readonly epochs?: number;
}

/** Declares the command; `done` receives its exit code. */
export function addResume(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('resume')
    .description('go on with a run that was interrupted or killed')
    .argument('<run>', 'run folder')
    .option('--data <path>', 'where the same data set is now, if it was moved (default: where it was)')
    .option('--epochs <n>', 'train to this number of epochs (default: the configured one)', positiveInteger);
  backendOptions(command);
  ownModel(command);
  jsonOption(command, 'events as JSON lines on stdout')
    .addHelpText(
      'after',
      `
Under the same conditions (device, threads, processor) the result is the same, bit for bit, as without the interruption.

Examples:
  $ npx difsr resume runs/clicks
  $ npx difsr resume runs/clicks --epochs 60`,
    )
    .action(async (run: string, options: ResumeOptions) => done(await resumeCommand(run, options)));
}

async function resumeCommand(run: string, options: ResumeOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json: options.json === true });
  const saved = await readRunConfig(run);
  const { data, epochs, backend: backendName, device, threads, precision } = options;
  const config = {
    ...saved,
    data: data === undefined ? saved.data : { ...saved.data, path: data },
    training: epochs === undefined ? saved.training : { ...saved.training, epochs },
    backend: backendName ?? saved.backend,
    device: device ?? saved.device,
    threads: threads ?? saved.threads,
    precision: precisionOf(saved, backendName ?? saved.backend, precision),
  };
  const own = await ownModelOption(options.model);
  const dataset = await loadRunData(saved.data, data);
  try {
    return await resumeOn(dataset, terminal, config, run, own);
  } finally {
    await closeData(dataset);
  }
}

async function resumeOn(
  dataset: TrainingData,
  terminal: Terminal,
  config: RunConfig,
  run: string,
  own: OwnModel,
): Promise<ExitCode> {
  const backend = await openBackend(config, (line) => terminal.line(line));
  const progress = createProgress({ terminal, metric: config.training.earlyStopping.metric });
  try {
    const outcome = await withInterrupt(
      () => process.stderr.write('\nsaving; Ctrl-C again quits at once\n'),
      (signal) =>
        train({
          config,
          dataset,
          backend,
          out: run,
          resume: true,
          signal,
          onEvent: (event) => progress.event(event),
          ...trainOwn(own),
        }),
    );
    progress.close();
    showOutcome(terminal, outcome);
    return outcome.reason === 'interrupted' ? exitCodes.interrupted : exitCodes.ok;
  } finally {
    progress.close();
    await backend.dispose();
  }
}
