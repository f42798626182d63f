// The command as a function, for programs that embed it, and its way of measuring.
export { runCommand } from './program.js';
export { exitCodes, type ExitCode } from './errors.js';
export { measureRounds, type RoundOptions, type Samples, type Subject } from './measure/rounds.js';
export { quantile, ratios, summarize, uncertainty, type Summary } from './measure/statistics.js';
