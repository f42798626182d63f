// difsr evaluate: ranks a run's validation and test targets again.
import { say } from '@difsr/errors';
import { join } from 'node:path';
import { evaluate } from '@difsr/library';
import { RUN_FILES } from '@difsr/training';
import type { Command } from 'commander';
import { exitCodes, type ExitCode } from '../errors.js';
import { backendOptions, jsonOption, ownModel, type SharedOptions } from '../options.js';
import { createProgress } from '../output/progress.js';
import { showLists, showResults, showWarning, unlearned } from '../output/results.js';
import { seconds } from '../output/table.js';
import { processTerminal } from '../output/terminal.js';
import { typed } from '../typed.js';

interface EvaluateCommandOptions extends SharedOptions {
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
The JSON has both protocols (masked and unmasked) and what the lists of recommendations are like; RUN/ranks.parquet every rank.

Examples:
  $ npx difsr evaluate runs/clicks
  $ npx difsr evaluate runs/clicks --mask-seen --json`,
    )
    .action(async (run: string, options: EvaluateCommandOptions) => done(await evaluateCommand(run, options)));
}

async function evaluateCommand(
  run: string,
  { json = false, data, maskSeen, model, backend, device, threads, precision }: EvaluateCommandOptions,
): Promise<ExitCode> {
  const terminal = processTerminal({ json });
  const progress = createProgress({ terminal });
  try {
    const found = await evaluate(run, {
      data,
      maskSeen,
      model,
      backend,
      device,
      threads,
      precision,
      onEvent: (event) => {
        // The JSON is one result, not a stream of events.
        if (!json) progress.event(event);
        else if (event.kind === 'warning') terminal.warn(say(event.text, typed));
      },
    });
    progress.close();
    const { dataset, backend: backendName, device: deviceName, ...shown } = found;
    const warning = unlearned(found, 'valid');
    terminal.value({ ...shown, ...(warning === undefined ? {} : { warning }) });
    terminal.line(`${found.model} of ${run} on ${dataset}, ${backendName} (${deviceName})`);
    showResults(terminal, found);
    terminal.line();
    const protocol = found.protocol.maskSeen ? 'masked' : 'unmasked';
    showLists(terminal, found.protocols[protocol].lists.test);
    terminal.line(`${seconds(found.seconds)} a split, both protocols; every rank: ${join(run, RUN_FILES.ranks)}`);
    if (warning !== undefined) showWarning(terminal, warning);
    return exitCodes.ok;
  } finally {
    progress.close();
  }
}
