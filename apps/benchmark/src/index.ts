// The command as a function, for programs that embed it.
export { runCommand } from './program.js';
export { exitCodes, type ExitCode } from './errors.js';
