// Sentences whose options and calls are not yet written out: code, a command line and a form each write them in their own way.
import type { OptionName, Verb } from './names.js';

/** A value that an option is set to: plain data. */
export type SettingValue =
  | string
  | number
  | boolean
  | null
  | readonly SettingValue[]
  | { readonly [key: string]: SettingValue };

/** Stands for a value that only the reader knows, such as `NAME`. */
export interface Placeholder {
  readonly placeholder: string;
}

/** An option by its name, and what it is set to; without a value the option alone is meant. */
export interface Setting {
  readonly option: OptionName;
  readonly value?: SettingValue | Placeholder | undefined;
}

/** Options that are set together, at least one. */
export interface Settings {
  readonly settings: readonly Setting[];
}

/** A call of one of our functions: what it is given, and options. */
export interface Call {
  readonly verb: Verb;
  readonly given: readonly (string | Placeholder)[];
  readonly options: readonly Setting[];
}

/** A part of a sentence. */
export type TextPart = string | Settings | Call;

/** A sentence: words, settings and calls. Plain data: it can be sent to another thread or written as JSON. */
export type Text = TextPart | readonly TextPart[];

/** How settings and calls are written. */
export interface Show {
  /** How settings are written that are set together. */
  readonly settings: (settings: readonly Setting[]) => string;
  /** How a call of one of our functions is written. */
  readonly call: (call: Call) => string;
}

/**
 * An option that is set, or, without a value, an option by its name.
 *
 * @example
 * ```ts
 * say(setting('training.clipNorm', 1)); // 'training.clipNorm: 1'
 * say(setting('training.clipNorm')); // 'training.clipNorm'
 * ```
 */
export function setting(option: OptionName, value?: SettingValue | Placeholder): Settings {
  return { settings: [value === undefined ? { option } : { option, value }] };
}

/** Settings as those that are set together. */
export function together(...each: readonly Settings[]): Settings {
  return { settings: each.flatMap(({ settings }) => settings) };
}

/**
 * A text whose settings are those of somebody else: `rename` gives each its name there.
 *
 * @example
 * ```ts
 * say(retold(text`lower ${setting('filters.userMin')}`, (each) => ({ ...each, option: 'data.userMin' }))); // 'lower data.userMin'
 * ```
 */
export function retold(sentence: Text, rename: (setting: Setting) => Setting): Text {
  return joined(
    partsOf(sentence).map((part): Text => {
      if (typeof part === 'string') return part;
      return 'verb' in part ? { ...part, options: part.options.map(rename) } : { settings: part.settings.map(rename) };
    }),
  );
}

/** The options that a text names, those of calls not among them. */
export function optionsIn(sentence: Text): OptionName[] {
  return partsOf(sentence).flatMap((part) =>
    typeof part === 'string' || 'verb' in part ? [] : part.settings.map(({ option }) => option),
  );
}

/** A value that the reader has to put in, by a word for it: `placeholder('NAME')`. */
export function placeholder(word: string): Placeholder {
  return { placeholder: word };
}

/**
 * A call, with what it is given and the options that it is given.
 *
 * @example
 * ```ts
 * say(call('resume', ['runs/a'])); // "resume('runs/a')"
 * ```
 */
export function call(verb: Verb, given: Call['given'] = [], ...options: readonly Settings[]): Call {
  return { verb, given, options: together(...options).settings };
}

/**
 * A text from a template: what is put in may be another text or a number; `undefined` adds nothing.
 *
 * @example
 * ```ts
 * say(text`train with ${setting('model.itemFields', 'sum')}`); // "train with model.itemFields: 'sum'"
 * ```
 */
export function text(words: TemplateStringsArray, ...values: readonly (Text | number | undefined)[]): Text {
  return joined(
    words.flatMap((word, i): Text[] => {
      const value = i === 0 ? undefined : values[i - 1];
      return [typeof value === 'number' ? String(value) : (value ?? ''), word];
    }),
  );
}

/** Several texts as one, with a separator between them. */
export function joined(texts: readonly Text[], separator: Text = ''): Text {
  const parts: TextPart[] = [];
  for (const part of texts.flatMap((each, i) => [...(i === 0 ? [] : partsOf(separator)), ...partsOf(each)])) {
    const last = parts.at(-1);
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part;
    else if (part !== '') parts.push(part);
  }
  return parts.length === 1 ? (parts[0] ?? '') : parts.length === 0 ? '' : parts;
}

/**
 * A text written out: as code has it, or as `show` says.
 *
 * @example
 * ```ts
 * say(text`lower ${setting('filters.userMin')}`); // 'lower filters.userMin'
 * ```
 */
export function say(sentence: Text, show: Show = inCode): string {
  return partsOf(sentence)
    .map((part) => {
      if (typeof part === 'string') return part;
      return 'verb' in part ? show.call(part) : show.settings(part.settings);
    })
    .join('');
}

/** As code writes settings and calls: `model.itemFields: 'sum'`, `resume('runs/a')`. */
export const inCode: Show = {
  settings: (settings) => settings.map(settingInCode).join(', '),
  call: ({ verb, given, options }) => {
    const all = options.length === 0 ? [] : [`{ ${options.map(settingInCode).join(', ')} }`];
    return `${verb}(${[...given.map(inLiteral), ...all].join(', ')})`;
  },
};

function settingInCode({ option, value }: Setting): string {
  return value === undefined ? option : `${option}: ${inLiteral(value)}`;
}

function inLiteral(value: SettingValue | Placeholder): string {
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  if (isPlaceholder(value)) return value.placeholder;
  if (isList(value)) return `[${value.map(inLiteral).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value);
  return entries.length === 0 ? '{}' : `{ ${entries.map(([key, each]) => `${key}: ${inLiteral(each)}`).join(', ')} }`;
}

/** Whether a value is one that the reader has to put in. */
export function isPlaceholder(value: SettingValue | Placeholder): value is Placeholder {
  return typeof value === 'object' && value !== null && 'placeholder' in value;
}

// Array.isArray does not narrow readonly lists.
function isList(value: SettingValue): value is readonly SettingValue[] {
  return Array.isArray(value);
}

function partsOf(sentence: Text): readonly TextPart[] {
  return typeof sentence === 'string' || 'settings' in sentence || 'verb' in sentence ? [sentence] : sentence;
}
