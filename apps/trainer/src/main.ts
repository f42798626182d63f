// The entry of the installed command.
import { exitCodes } from './errors.js';
import { outliveReaders } from './output/readers.js';
import { runCommand } from './program.js';

outliveReaders(exitCodes.failed);
process.exitCode = await runCommand(process.argv.slice(2));
