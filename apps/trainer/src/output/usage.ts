// Errors of the command line itself: an option, an argument or a command that there is not, with the one that was meant
// and an example. What people try who know other tools stands in other-options.ts.
import { nearestName, type SchemaNode } from '@difsr/errors';
import {
  allPaths,
  configSchema,
  differenceOf,
  exampleValue,
  keysMeant,
  modelsByName,
  nodeAt,
  normalName,
} from '@difsr/library/parts';
import { shellWord } from '@difsr/training';
import type { Command, CommanderError, Option } from 'commander';
import { commandLine } from '../command-line.js';
import { exitCodes } from '../errors.js';
import { commandMeant, EXAMPLES, exampleOf, optionMeant, RUN_NAMES, specialCure } from '../other-options.js';
import type { ShownError } from './errors.js';

/** What was typed: the command, its words that are no options, and the first option that it does not have. */
interface Typed {
  readonly command: Command;
  /** `data prepare` */
  readonly path: string;
  readonly words: readonly string[];
  readonly unknown?: { readonly flag: string; readonly value?: string };
}

/** What to print for an error of commander's, and the exit code: what is wrong, and the cure with an example. */
export function describeUsage(error: CommanderError, program: Command, args: readonly string[]): ShownError {
  if (error.exitCode === 0) return { message: '', code: exitCodes.ok };
  // The help has been shown already.
  const message = error.code === 'commander.help' ? '' : usageMessage(error, program, args);
  return { message, code: exitCodes.usage };
}

function usageMessage(error: CommanderError, program: Command, args: readonly string[]): string {
  const typed = readTyped(program, args);
  // A misspelt option first: it is why another is missing, or why there are words too many.
  if (typed.unknown !== undefined && typed.path !== '')
    return `error: ${typed.path} has no option ${typed.unknown.flag}\n  cure: ${optionCure(typed, typed.unknown)}`;
  return `${error.message}\n  cure: ${cureOf(error, program, typed)}`;
}

function cureOf(error: CommanderError, program: Command, typed: Typed): string {
  const { command, path, words, unknown } = typed;
  if (path === '' && unknown !== undefined)
    return `options stand behind the command, e.g. ${commandLine('train', unknown.flag)}; ${helpLine(path)}`;
  if (error.code === 'commander.unknownCommand') return commandCure(program, command, words[0] ?? '');
  const tooMany =
    words.length > command.registeredArguments.length && command.registeredArguments.every(({ variadic }) => !variadic);
  if (error.code === 'commander.excessArguments' || (tooMany && path === 'recommend')) return excessCure(typed);
  const option = command.options.find(({ flags }) => error.message.includes(`'${flags}'`));
  if (option !== undefined && error.code === 'commander.invalidArgument')
    return `write for example ${exampleOf(flagOf(option), option.defaultValue)}; ${helpLine(path)}`;
  if (option !== undefined && error.code === 'commander.optionMissingArgument')
    return `write for example ${exampleOf(flagOf(option))}; ${helpLine(path)}`;
  const example = EXAMPLES[path];
  return example === undefined ? helpLine(path) : `write for example ${commandLine(...example)}; ${helpLine(path)}`;
}

function helpLine(path: string): string {
  return `${commandLine(...path.split(' ').filter((word) => word !== ''), '--help')} lists what there is`;
}

function flagOf({ long, short }: Option): string {
  return long ?? short ?? '';
}

/** Reads the words as commander does: an option that takes a value takes the next word, whatever it is. */
function readTyped(program: Command, args: readonly string[]): Typed {
  let command = program;
  let at = 0;
  for (; at < args.length; at++) {
    const next = command.commands.find((each) => each.name() === args[at]);
    if (next === undefined) break;
    command = next;
  }
  const words: string[] = [];
  let unknown: Typed['unknown'];
  for (; at < args.length; at++) {
    const word = args[at] ?? '';
    if (word === '--') {
      words.push(...args.slice(at + 1));
      break;
    }
    if (!/^-[^\d]/.test(word)) {
      words.push(word);
      continue;
    }
    const [flag = '', ...after] = word.split('=');
    const option = optionOf(command, flag);
    const next = args[at + 1];
    if (option !== undefined) {
      if (option.required && after.length === 0 && attached(option, word) === undefined) at++;
    } else if (!/^(?:-h|--help|-V|--version)$/.test(flag)) {
      const value = after.length > 0 ? after.join('=') : next !== undefined && !/^-[^\d]/.test(next) ? next : undefined;
      unknown ??= { flag, ...(value === undefined ? {} : { value }) };
    }
  }
  return { command, path: pathOf(command), words, ...(unknown === undefined ? {} : { unknown }) };
}

function optionOf(command: Command, flag: string): Option | undefined {
  const whole = command.options.find(({ long, short }) => long === flag || short === flag);
  return whole ?? command.options.find((option) => attached(option, flag) !== undefined);
}

/** The value of `-k5`. */
function attached({ short, required }: Option, word: string): string | undefined {
  return required && short !== undefined && /^-\w$/.test(short) && word.startsWith(short) && word.length > 2
    ? word.slice(2)
    : undefined;
}

function pathOf(command: Command): string {
  return command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();
}

/** What to write instead of an option that a command does not have. */
function optionCure({ command, path }: Typed, { flag, value }: NonNullable<Typed['unknown']>): string {
  const special = specialCure(path, flag, value);
  if (special !== undefined) return special;
  const own = command.options.map(flagOf);
  const meant = optionMeant(flag, own) ?? begunBy(flag, own);
  const option = meant === undefined ? undefined : optionOf(command, meant);
  if (option !== undefined) return suggestion(option, value);
  const argument = command.registeredArguments[0]?.name();
  const names =
    argument === 'run' ? RUN_NAMES : argument === undefined ? [] : ['data', 'input', 'file', 'files', argument];
  if (names.includes(normalName(flag))) {
    // The example with this value where its argument stands.
    const rest = (EXAMPLES[path] ?? []).slice(path.split(' ').length + 1);
    return `it needs no option, e.g. ${commandLine(...path.split(' '), value ?? argument?.toUpperCase() ?? '', ...rest)}`;
  }
  const key = keyCure(path, own, flag, value);
  if (key !== undefined) return key;
  // Dashes are no likeness.
  const near = nearestName(normalName(flag), own.map(normalName));
  const nearest = command.options.find((each) => normalName(flagOf(each)) === near);
  return nearest === undefined ? helpLine(path) : suggestion(nearest, value);
}

function suggestion(option: Option, value: string | undefined): string {
  const flag = flagOf(option);
  return `did you mean ${flag}? e.g. ${option.required ? exampleOf(flag, undefined, value) : flag}`;
}

/** The only option that begins so: `--hist`. */
function begunBy(flag: string, own: readonly string[]): string | undefined {
  const begun = own.filter((each) => each.startsWith(flag));
  return flag.length > 3 && begun.length === 1 ? begun[0] : undefined;
}

/** Where the name is that of a key of the configuration: how that is set, here or when a run is trained. */
function keyCure(path: string, own: readonly string[], flag: string, value: string | undefined): string | undefined {
  const schema = wholeSchema();
  const keys = keysMeant(flag, allPaths(schema));
  const [key] = keys;
  if (key === undefined) return undefined;
  const shown = keys.map((each) => `${each}${differenceOf(each)}`).join(' or ');
  const setting = `${key}=${exampleValue(key, nodeAt(schema, key.split('.'))?.default, value)}`;
  if (path !== 'data prepare' && own.includes('--set'))
    return `that is the key ${shown}, e.g. --set ${shellWord(setting)}`;
  return `that is the key ${shown}, and set when a run is trained, e.g. ${commandLine('train', '--data', 'PATH', '--set', setting)}`;
}

function wholeSchema(): SchemaNode {
  const [first] = modelsByName.values();
  return first === undefined ? {} : configSchema(first);
}

function commandCure(program: Command, group: Command, name: string): string {
  const above = pathOf(group);
  const paths = program.commands.flatMap((command) =>
    command.commands.length === 0
      ? [command.name()]
      : command.commands.map((each) => `${command.name()} ${each.name()}`),
  );
  const own = paths.filter((path) => path.startsWith(above)).map((path) => path.split(' ').at(-1) ?? '');
  const near = nearestName(name, own);
  const meant = commandMeant(name, paths) ?? paths.find((path) => path.split(' ').at(-1) === near);
  return meant === undefined
    ? helpLine(above)
    : `did you mean ${commandLine(...meant.split(' '))}? e.g. ${commandLine(...(EXAMPLES[meant] ?? meant.split(' ')))}`;
}

/** Words that a command does not take: mostly the value of an option that was forgotten. */
function excessCure({ command, path, words }: Typed): string {
  const extra = words.slice(command.registeredArguments.length);
  const own = command.options.map(flagOf);
  const given = words.slice(0, command.registeredArguments.length);
  const option = ['--data', '--history', '--out'].find((flag) => own.includes(flag));
  if (path === 'quickstart') return `your own data is for train: ${commandLine('train', '--data', extra[0] ?? 'PATH')}`;
  if (option === undefined || ['resume', 'evaluate', 'data stats'].includes(path)) return helpLine(path);
  return `did you mean ${commandLine(...path.split(' '), ...given, option, extra.join(' '))}?`;
}
