// difsr resume: goes on with a run that was interrupted or killed, or trains a finished one for more epochs.
import { resume, type ResumeEvent } from '@difsr/library';
import { readRunConfig } from '@difsr/training';
import type { Command } from 'commander';
import { exitCodes, type ExitCode } from '../errors.js';
import { withInterrupt } from '../interrupt.js';
import { backendOptions, jsonOption, ownModel, positiveInteger, type SharedOptions } from '../options.js';
import { createProgress } from '../output/progress.js';
import { showOutcome } from '../output/results.js';
import { processTerminal } from '../output/terminal.js';

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
  const { training } = await readRunConfig(run);
  const progress = createProgress({ terminal, metric: training.earlyStopping.metric });
  let loaded = false;
  const told = (event: ResumeEvent): void => {
    if (event.kind === 'data') loaded = true;
    else if (event.kind === 'note') terminal.line(event.message);
    else progress.event(event);
  };
  try {
    const outcome = await withInterrupt(
      () => {
        // Until data is there, nothing has been done that could be saved.
        if (!loaded) process.exit(exitCodes.interrupted);
        process.stderr.write('\nsaving; Ctrl-C again quits at once\n');
      },
      (signal) =>
        resume(run, {
          data,
          epochs,
          model,
          backend,
          device,
          threads,
          precision,
          signal,
          onEvent: told,
        }),
    );
    progress.close();
    showOutcome(terminal, outcome);
    return outcome.reason === 'interrupted' ? exitCodes.interrupted : exitCodes.ok;
  } finally {
    progress.close();
  }
}
