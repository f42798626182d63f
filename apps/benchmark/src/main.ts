// The entry of the installed command.
import { exitCodes } from './errors.js';
import { runCommand } from './program.js';
import { outliveReaders } from './terminal/readers.js';

outliveReaders(exitCodes.failed);
process.exitCode = await runCommand(process.argv.slice(2));
