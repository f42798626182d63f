// difsr resume: goes on with a run that was interrupted or killed, or trains a finished one for more epochs.
import { resume } from '@difsr/library';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.js';
import { backendOptions, jsonOption, ownModel, positiveInteger, type SharedOptions } from '../options.js';
import { processTerminal } from '../output/terminal.js';
import { codeOfTraining, showTraining } from './training.js';

interface ResumeCommandOptions extends Omit<SharedOptions, 'epochs'> {
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
    .action(async (run: string, options: ResumeCommandOptions) => done(await resumeCommand(run, options)));
}

async function resumeCommand(
  run: string,
  { json = false, data, epochs, model, backend, device, threads, precision }: ResumeCommandOptions,
): Promise<ExitCode> {
  const terminal = processTerminal({ json });
  return codeOfTraining(
    await showTraining(terminal, 'whole', (control) =>
      resume(run, { data, epochs, model, backend, device, threads, precision, ...control }),
    ),
  );
}
