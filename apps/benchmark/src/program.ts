// The whole command line: its commands, their help, and how a run of it ends.
import { DataError } from '@difsr/data';
import { DifsrError, MissingPackageError } from '@difsr/errors';
import { exitCodeLines } from '@difsr/errors/commands';
import { BackendError } from '@difsr/graph';
import { UsageError as LibraryUsageError } from '@difsr/library/parts';
import { RunError } from '@difsr/models';
import { Command, CommanderError } from 'commander';
import { addAttention } from './attention/command.js';
import { addEvaluate } from './evaluate/command.js';
import { addLoad } from './load/command.js';
import { addRecommend } from './recommend/command.js';
import { addTrain } from './train/command.js';
import { tracesErrors } from './environment.js';
import { exitCodeMeanings, exitCodes, ReportError, UsageError, type ExitCode } from './errors.js';
import { ownVersion } from './report/machine.js';

/**
 * Runs one command line.
 *
 * @param args what follows the command's name
 * @returns the exit code; errors have been written to stderr
 * @example
 * process.exitCode = await runCommand(['attention', '--quick']);
 */
export async function runCommand(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const program = createProgram((given) => (code = given), args);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    const shown = describeError(error, args[0]);
    if (shown.message !== '') process.stderr.write(`${shown.message}\n`);
    return shown.code;
  }
}

function createProgram(done: (code: ExitCode) => void, args: readonly string[]): Command {
  const program = new Command('difsr-bench')
    .description(
      'Measures attention, training, ranking, recommending and opening, on every backend and device that works here.',
    )
    .version(ownVersion(), '-V, --version')
    .exitOverride()
    // Errors are shown once, by runCommand.
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `\nExit codes:\n${exitCodeLines(exitCodes, exitCodeMeanings).join('\n')}\n\nFirst steps:\n  $ npx difsr-bench train --quick\n  $ npx difsr-bench train --help`,
    );
  addTrain(program, done, args);
  addEvaluate(program, done, args);
  addRecommend(program, done, args);
  addLoad(program, done, args);
  addAttention(program, done, args);
  return program;
}

/** Errors that users cause and can cure, with the exit code of each. */
const KNOWN: readonly (readonly [new (...args: never[]) => Error, ExitCode])[] = [
  [UsageError, exitCodes.usage],
  [LibraryUsageError, exitCodes.usage],
  [RunError, exitCodes.usage],
  [DataError, exitCodes.data],
  [BackendError, exitCodes.backend],
  [MissingPackageError, exitCodes.backend],
  [ReportError, exitCodes.failed],
  [DifsrError, exitCodes.failed],
];

function describeError(
  error: unknown,
  command: string | undefined,
): { readonly message: string; readonly code: ExitCode } {
  if (error instanceof CommanderError) return commanderError(error, command);
  const trace = tracesErrors() && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  const known = KNOWN.find(([type]) => error instanceof type);
  if (known !== undefined && error instanceof Error)
    return { message: `error: ${error.message}${trace}`, code: known[1] };
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const cure =
    '\n  cure: this is a defect of difsr-bench; DIFSR_TRACE=1 shows where it happened: please report it with that';
  return { message: `error: unexpected ${text}${trace === '' ? cure : trace}`, code: exitCodes.failed };
}

function commanderError(
  error: CommanderError,
  command: string | undefined,
): { readonly message: string; readonly code: ExitCode } {
  if (error.exitCode === 0) return { message: '', code: exitCodes.ok };
  const text = error.code === 'commander.help' ? '' : error.message;
  const own =
    error.code !== 'commander.unknownCommand' && command !== undefined && /^[a-z]+$/.test(command) ? `${command} ` : '';
  const cure = `\n  cure: npx difsr-bench ${own}--help lists the ${own === '' ? 'commands' : 'options'}`;
  return { message: text === '' ? '' : `${text}${cure}`, code: exitCodes.usage };
}
