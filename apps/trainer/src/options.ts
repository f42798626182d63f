// Options that several commands share, declared once, and how they become configuration.
import { didYouMean } from '@difsr/errors';
import { type Assignment } from '@difsr/library/parts';
import { backendNames, deviceNames, precisionNames } from '@difsr/training';
import { InvalidArgumentError, Option, type Command } from 'commander';

/** Values of the shared options as commander delivers them. */
export interface SharedOptions {
  readonly data?: string;
  readonly format?: string;
  readonly model?: string;
  readonly preset?: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly epochs?: string;
  readonly seed?: string;
  readonly test?: boolean;
  readonly out?: string;
  readonly init?: string;
  readonly pretrain?: string;
  readonly distill?: readonly string[];
  readonly backend?: (typeof backendNames)[number];
  readonly device?: (typeof deviceNames)[number];
  readonly threads?: number;
  readonly precision?: (typeof precisionNames)[number];
  readonly json?: boolean;
}

/** Adds `--json`. */
export function jsonOption(command: Command, meaning: string): Command {
  return command.option('--json', meaning);
}

/** Adds `--model` to a command that opens a run. */
export function ownModel(command: Command): Command {
  return command.option('--model <file>', "the file of the run's model, where it is one of your own (default: none)");
}

/** Adds `--backend`, `--device`, `--threads`, `--precision`. */
export function backendOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--backend <name>',
        'what executes the graphs: onnxruntime (default), tfjs, or reference (slow, float64)',
      ).argParser(oneOf(backendNames)),
    )
    .addOption(
      new Option(
        '--device <name>',
        'auto (default: the best that works); onnxruntime: cpu, cuda, webgpu; tfjs: wasm, node, node-gpu, cpu',
      ).argParser(oneOf(deviceNames, { gpu: 'cuda or webgpu (onnxruntime), or node-gpu (tfjs)' })),
    )
    .addOption(new Option('--threads <n>', 'CPU threads (default: all cores)').argParser(positiveInteger))
    .addOption(
      new Option(
        '--precision <name>',
        'float32 (default), or float16 inside the graph (onnxruntime, for cuda and webgpu)',
      ).argParser(oneOf(precisionNames)),
    );
}

/** A parser for an option with few values; `meant` has names that are mistaken for one of them. */
function oneOf<T extends string>(
  names: readonly T[],
  meant: Readonly<Record<string, string>> = {},
): (value: string) => T {
  return (value) => {
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    const hint = meant[value] === undefined ? didYouMean(value, names) : `did you mean ${meant[value]}?`;
    throw new InvalidArgumentError(
      `${hint === undefined ? '' : `${hint[0]?.toUpperCase() ?? ''}${hint.slice(1)} `}Allowed: ${names.join(', ')}.`,
    );
  };
}

/** A parser for counts. */
export function positiveInteger(value: string): number {
  if (!/^[1-9]\d*$/.test(value) || !Number.isSafeInteger(Number(value)))
    throw new InvalidArgumentError('A whole number of at least 1 is needed.');
  return Number(value);
}

/** A text of `--set` as it was typed. */
export function asSet(text: string): string {
  return `--set ${text}`;
}

/** A parser for options that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The configuration keys that options set. */
const KEYS = {
  data: 'data.path',
  format: 'data.format',
  model: 'model.name',
  pretrain: 'pretraining.model',
  distill: 'distillation.runs',
  epochs: 'training.epochs',
  seed: 'training.seed',
  test: 'evaluation.test',
  backend: 'backend',
  device: 'device',
  threads: 'threads',
  precision: 'precision',
} as const;

/** Options as assignments to configuration keys; numbers are read here, checked by the schema. */
export function assignments(options: SharedOptions): Assignment[] {
  return Object.entries(KEYS).flatMap(([option, path]) => {
    const value = Object.entries(options).find(([name]) => name === option)?.[1];
    // `--no-test` alone says something: without it, a configuration file may.
    if (value === undefined || (option === 'test' && value === true)) return [];
    const numeric =
      (option === 'epochs' || option === 'seed') &&
      typeof value === 'string' &&
      value.trim() !== '' &&
      Number.isFinite(Number(value));
    return [
      {
        path,
        value: numeric ? Number(value) : value,
        shown: option === 'test' ? '--no-test' : `--${option} ${String(value)}`,
      },
    ];
  });
}
