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

/** A flag, or a key that `--set` sets, as it stands for itself. */
type Typed = `-${string}` | `${string}.${string}`;

/** Options that a run and a preparation have are flags of `data prepare`: those of a run are keys of its configuration. */
const TYPED: { readonly [O in PlainOption]: Typed } = {
  backend: '--backend',
  data: '--data',
  device: '--device',
  epochs: '--epochs',
  includeNew: '--include-new',
  init: '--init',
  item: '--item',
  k: '-k',
  model: '--model',
  out: '--out',
  precision: '--precision',
  preset: '--preset',
  targetsPerStep: 'training.targetsPerStep',
  maxLength: 'model.maxLength',
  baseline: '--baseline',
  metric: '--metric',
  models: '--models',
  otherCounts: '--other-counts',
  paper: '--paper',
  search: '--search',
  seeds: '--seeds',
  set: '--set',
  factor: '--factor',
  finalists: '--finalists',
  first: '--first',
  seed: '--seed',
  space: '--space',
  trials: '--trials',
  'columns.user': '--user',
  'columns.item': '--item',
  'columns.time': '--time',
  'columns.decimal': '--decimal',
  description: '--set',
  fields: 'data.fields',
  'filters.interactions': 'filters.interactions',
  'filters.userMin': '--user-min',
  'filters.itemMin': '--item-min',
  items: '--items',
  users: '--users',
  memoryLimit: '--memory-limit',
  raw: '--raw',
  overwrite: '--overwrite',
  tempDirectory: '--temp-directory',
  threads: '--threads',
  userMin: '--user-min',
  itemMin: '--item-min',
  'columns.timeFormat': '--time-format',
  'columns.zone': '--zone',
};

/** Keys of the configuration that have flags of their own. */
const FLAGS: Readonly<Record<string, `--${string}`>> = {
  'data.path': '--data',
  'data.format': '--format',
  'model.name': '--model',
  'pretraining.model': '--pretrain',
  'training.epochs': '--epochs',
  'training.seed': '--seed',
};

const COMMANDS: { readonly [V in Verb]: readonly string[] } = {
  train: ['train'],
  resume: ['resume'],
  prepare: ['data', 'prepare'],
  pull: ['data', 'pull'],
  models: ['models'],
  doctor: ['doctor'],
};

/** Settings and calls as they are typed: `--set training.clipNorm=1`, `npx difsr resume runs/a`. */
export const typed: Show = {
  settings: (settings) => settings.map((setting) => wordsOf(setting).join(' ')).join(' '),
  call: ({ verb, given, options }) =>
    [
      commandLine(...COMMANDS[verb]),
      ...given.map((each) => (typeof each === 'string' ? shellWord(each) : each.placeholder)),
      ...options.flatMap(wordsOf),
    ].join(' '),
};

/** The words of a setting, ready for a shell; an option that is only named is a key of files as well as a flag. */
function wordsOf({ option, value }: Setting): string[] {
  const name = typedOf(option);
  if (name.startsWith('-')) {
    if (value === undefined) return [option.includes('.') ? `${option} (${name})` : name];
    return [name, isPlaceholder(value) ? value.placeholder : flagValue(textOf(value))];
  }
  if (value === undefined) return [name];
  return ['--set', isPlaceholder(value) ? `${name}=${value.placeholder}` : shellWord(`${name}=${textOf(value)}`)];
}

function typedOf(option: OptionName): string {
  const plain = plainOptions.find((each) => each === option);
  return plain === undefined ? (FLAGS[option] ?? option) : TYPED[plain];
}

/** A value without letters and digits, such as a comma, is quoted so that it is seen. */
function flagValue(value: string): string {
  return /[\p{L}\p{N}]/u.test(value) ? shellWord(value) : JSON.stringify(value);
}

/** A value as `--set` reads it: a text as it stands, a list of words with commas, anything else as YAML. */
function textOf(value: Exclude<Setting['value'], undefined>): string {
  if (typeof value === 'string') return value;
  const words = Array.isArray(value) ? value.map(inYaml) : [];
  return words.length > 0 && words.every((word) => !/[,[{"]/.test(word)) ? words.join(',') : inYaml(value);
}

/** YAML on one line; words that YAML would read as something else are quoted. */
function inYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inYaml).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, each]) => `${key}: ${inYaml(each)}`)
      .join(', ')}}`;
  const plain =
    typeof value === 'string' && /^[a-z_][\w.@/-]*$/i.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value);
  return plain ? value : JSON.stringify(value);
}
