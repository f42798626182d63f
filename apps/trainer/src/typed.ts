// What is typed for what libraries name: every option that an error may name, and every function that it may say to call.
import {
  isPlaceholder,
  type OptionName,
  type PlainOption,
  plainOptions,
  type Setting,
  type Show,
  type Verb,
} from '@difsr/errors';
import { shellWord } from '@difsr/training';
import { commandLine } from './command-line.js';

/** Commands whose options are those of a preparation; all others are about runs, and what they prepare is configured. */
export type Reader = 'run' | 'preparation';

/** A flag, or a key of the configuration, which `--set` sets. */
type Typed = `-${string}` | `${'data' | 'model' | 'training'}.${string}`;

/** Flags of configuration keys. */
const FLAGS: Readonly<Record<string, `-${string}`>> = {
  'data.path': '--data',
  'data.format': '--format',
  'model.name': '--model',
  'training.epochs': '--epochs',
  'training.seed': '--seed',
};

const TYPED: { readonly [O in PlainOption]: Typed | { readonly [R in Reader]: Typed } } = {
  backend: '--backend',
  data: '--data',
  device: '--device',
  epochs: '--epochs',
  includeNew: '--include-new',
  init: '--init',
  k: '-k',
  model: '--model',
  out: '--out',
  precision: '--precision',
  preset: '--preset',
  schedule: 'training.schedule',
  targetsPerStep: 'training.targetsPerStep',
  maxLength: 'model.maxLength',
  'columns.user': { run: 'data.userColumn', preparation: '--user' },
  'columns.item': { run: 'data.itemColumn', preparation: '--item' },
  'columns.time': { run: 'data.timeColumn', preparation: '--time' },
  decimal: '--decimal',
  description: '--set',
  fields: 'data.fields',
  'filters.interactions': { run: 'data.filters', preparation: '--set' },
  'filters.userMin': { run: 'data.userMin', preparation: '--user-min' },
  'filters.itemMin': { run: 'data.itemMin', preparation: '--item-min' },
  items: '--items',
  users: '--users',
  memoryLimit: '--memory-limit',
  overwrite: '--overwrite',
  tempDirectory: '--temp-directory',
  threads: '--threads',
  'times.format': '--time-format',
  'times.zone': '--zone',
};

const COMMANDS: { readonly [V in Verb]: readonly string[] } = {
  train: ['train'],
  resume: ['resume'],
  evaluate: ['evaluate'],
  recommend: ['recommend'],
  exportRun: ['export'],
  prepare: ['data', 'prepare'],
  inspect: ['data', 'prepare'],
  pull: ['data', 'pull'],
  models: ['models'],
  doctor: ['doctor'],
};

/** How a reader of the command sees settings and calls. */
export function asTyped(reader: Reader): Show {
  const words = (setting: Setting): string[] => wordsOf(setting, reader);
  return {
    settings: (settings) => settings.map((setting) => words(setting).join(' ')).join(' '),
    call: ({ verb, given, options }) =>
      [
        commandLine(...COMMANDS[verb]),
        ...given.map((each) => (typeof each === 'string' ? shellWord(each) : each.placeholder)),
        ...options.flatMap(words),
      ].join(' '),
  };
}

/** The words of a setting, ready for a shell; a key of the configuration alone stays what it is. */
function wordsOf({ option, value }: Setting, reader: Reader): string[] {
  const name = typedOf(option, reader);
  if (name.startsWith('-'))
    return value === undefined ? [name] : [name, isPlaceholder(value) ? value.placeholder : shellWord(textOf(value))];
  if (value === undefined) return [name];
  const set = isPlaceholder(value) ? `${name}=${value.placeholder}` : shellWord(`${name}=${textOf(value)}`);
  return ['--set', set];
}

function typedOf(option: OptionName, reader: Reader): string {
  const plain = plainOptions.find((each) => each === option);
  if (plain === undefined) return FLAGS[option] ?? option;
  const typed = TYPED[plain];
  return typeof typed === 'string' ? typed : typed[reader];
}

function textOf(value: Exclude<Setting['value'], undefined>): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
