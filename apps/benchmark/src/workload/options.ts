// The options that train, evaluate, recommend and load share.
import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { backendNames, deviceNames, type BackendName, type DeviceName } from '../engine/open.js';
import { namesOf, numberOf } from '../options.js';

/** As commander gives them. */
export interface SharedOptions {
  readonly data: string;
  readonly users?: number;
  readonly items?: number;
  readonly model: string;
  readonly preset: string;
  readonly backends: readonly BackendName[];
  readonly devices?: readonly DeviceName[];
  readonly threads?: number;
  readonly rounds?: number;
  readonly plain: boolean;
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly out?: string;
  readonly compare?: string;
  readonly tolerance: number;
}

/** Declares them. `rounds` is the default number. */
export function addShared(command: Command, rounds: number): Command {
  return command
    .option('--data <data>', 'any data set that difsr opens, or "generated"', 'generated')
    .option('--users <n>', 'users of the generated data (default: 2400)', numberOf(4, 10_000_000))
    .option('--items <n>', 'items of the generated data (default: 1500)', numberOf(126, 10_000_000))
    .option('--model <name>', 'the model', 'dif-sr')
    .option('--preset <name>', 'its size: small, paper, or a preset of its own', 'small')
    .option('--backends <list>', `of ${backendNames.join(', ')}`, namesOf(backendNames), ['onnxruntime'] as const)
    .option('--devices <list>', `of ${deviceNames.join(', ')} (default: cpu; of tfjs wasm)`, namesOf(deviceNames))
    .option('--threads <n>', `threads of onnxruntime (default: all, ${availableParallelism()} here)`, numberOf(1, 1024))
    .option('--rounds <n>', `rounds; each visits every candidate once (default: ${rounds})`, numberOf(1, 1000))
    .option('--no-plain', 'leave the plain implementations out')
    .option('--quick', 'few users, few rounds: to see whether everything works, not how fast')
    .option('--json', 'print the result as JSON')
    .option('--out <dir>', 'folder of the reports (default: benchmarks/COMMAND-TIME)')
    .option('--compare <file>', 'a result.json of before: says what got slower or faster beyond the noise')
    .addOption(
      new Option('--tolerance <percent>', 'with --compare: differences up to so many percent are not told')
        .argParser(numberOf(0, 1000))
        .default(5),
    );
}

/** The lines below every `--help`, with examples of the command's own. */
export function helpText(lines: readonly string[], examples: readonly string[]): string {
  return [
    '',
    ...lines,
    'Writes result.json, report.md and report.html. Ctrl-C writes what was measured until then.',
    'Use an idle machine: the report warns when it was busy.',
    '',
    'Examples:',
    ...examples.map((example) => `  $ npx difsr-bench ${example}`),
  ].join('\n');
}
