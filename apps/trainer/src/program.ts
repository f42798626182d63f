// The whole command line: its commands, their help, and how a run of it ends.
import { readFileSync } from 'node:fs';
import { exitCodeLines } from '@difsr/errors/commands';
import { Command, CommanderError } from 'commander';
import { addAblate } from './commands/ablate.js';
import { addAnalyze } from './commands/analyze.js';
import { addCompare } from './commands/compare.js';
import { addDataGenerate } from './commands/data-generate.js';
import { addDataPull } from './commands/data-pull.js';
import { addDataPrepare } from './commands/data-prepare.js';
import { addDataStats } from './commands/data-stats.js';
import { addDoctor } from './commands/doctor.js';
import { addEvaluate } from './commands/evaluate.js';
import { addExplain } from './commands/explain.js';
import { addExport } from './commands/export.js';
import { addModels } from './commands/models.js';
import { addQuickstart } from './commands/quickstart.js';
import { addRecommend } from './commands/recommend.js';
import { addResume } from './commands/resume.js';
import { addServe } from './commands/serve.js';
import { addTrain } from './commands/train.js';
import { addTune } from './commands/tune.js';
import { tracesErrors } from './environment.js';
import { exitCodeMeanings, exitCodes, type ExitCode } from './errors.js';
import { describeError } from './output/errors.js';
import { describeUsage } from './output/usage.js';

/** Commands in the order of `--help`. */
const COMMANDS = [
  addQuickstart,
  addTrain,
  addResume,
  addEvaluate,
  addCompare,
  addTune,
  addAblate,
  addRecommend,
  addExplain,
  addAnalyze,
  addExport,
  addServe,
  addDataGenerate,
  addDataPull,
  addDataPrepare,
  addDataStats,
  addModels,
  addDoctor,
];

/**
 * Runs one command line.
 *
 * @param args what follows the command's name
 * @returns the exit code; errors have been written to stderr
 * @example
 * process.exitCode = await runCommand(['train', '--data', 'generated']);
 */
export async function runCommand(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const program = createProgram((given) => (code = given));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    const shown =
      error instanceof CommanderError
        ? describeUsage(error, program, args)
        : describeError(error, { trace: tracesErrors() });
    if (shown.message !== '') process.stderr.write(`${shown.message}\n`);
    return shown.code;
  }
}

/** The commands; each hands its exit code to `done`. */
export function createProgram(done: (code: ExitCode) => void): Command {
  const program = new Command('difsr')
    .description('Trains sequential recommenders with side information (DIF-SR and its rivals) and puts them to use.')
    .version(version(), '-V, --version')
    .exitOverride()
    // Errors are shown once, by runCommand.
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError(false)
    .addHelpText(
      'after',
      `\nExit codes:\n${exitCodeLines(exitCodes, exitCodeMeanings).join('\n')}\n\nFirst steps:\n  $ npx difsr quickstart\n  $ npx difsr train --data PATH\n  $ npx difsr COMMAND --help`,
    );
  for (const add of COMMANDS) add(program, done);
  return program;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
