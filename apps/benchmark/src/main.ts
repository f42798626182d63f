// The entry of the installed command.
import { outliveReaders } from '@difsr/errors/commands';
import { exitCodes } from './errors.js';
import { runCommand } from './program.js';

outliveReaders(exitCodes.failed);
process.exitCode = await runCommand(process.argv.slice(2));
