// What a program imports: everything of the library, and the command as a function.
import type { ExitCode } from './errors.js';

export * from '@difsr/library';
export { exitCodes, type ExitCode } from './errors.js';

/**
 * Runs one command line; what reads and prints it is loaded then.
 *
 * @param args what follows the command's name
 * @returns the exit code; errors have been written to stderr
 * @example
 * ```ts
 * process.exitCode = await runCommand(['train', '--data', 'generated']);
 * ```
 */
export async function runCommand(args: readonly string[]): Promise<ExitCode> {
  const program = await import('./program.js');
  return program.runCommand(args);
}
