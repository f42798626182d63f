// A description as YAML for people: every choice with its reason, the alternatives beside it, ready to be edited and run again.
import { writeFileAtomic } from '@difsr/files';
import { codeOf, say } from '@difsr/errors';
import { DataError } from '@difsr/data';
import type { ColumnFinding, Findings } from '../inspect/findings.js';
import type { Description, FieldSpec, SourceSpec, SplitSpec } from './types.js';

/**
 * Writes a description as a commented YAML file, whole or not at all.
 *
 * @param findings of an inspection: they become comments
 * @throws DataError if the file cannot be written
 * @example
 * const { description, findings } = await inspectFiles({ interactions: 'clicks.csv' }, { base: 'data' });
 * await writeDescription('data/shop.yaml', description, findings);
 */
export async function writeDescription(file: string, description: Description, findings?: Findings): Promise<void> {
  try {
    await writeFileAtomic(file, describe(description, findings));
  } catch (error) {
    const why = codeOf(error) ?? String(error);
    throw new DataError([{ file, message: `cannot be written (${why})`, cure: 'name another place for the output' }]);
  }
}

/**
 * The text of a description: `parseDescription` gives the same description back.
 *
 * @example
 * describe(description, findings); // '# What difsr data prepare makes a data set of. ...'
 */
export function describe(description: Description, findings?: Findings): string {
  const { name, about, pull, manual, interactions, items, users, sessions, filters, split } = description;
  const columns = findings?.columns ?? [];
  const lines: string[] = [
    '# A data set: where it comes from and what is to become of it. Edit it, then run',
    '#   difsr data prepare THIS_FILE',
    '# Paths are relative to this file. Lines that begin with # change nothing.',
    ...(findings?.report ?? []).map(({ what, why, cure }) =>
      comment(`${what}: ${why}${cure === undefined ? '' : `; ${say(cure)}`}`),
    ),
    '',
    `name: ${scalar(name)}`,
    ...entry('about', about),
    ...entry('pull', pull),
    ...entry('manual', manual),
    '',
    '# The log: who, what, when.',
    'interactions:',
    ...indented([
      ...sourceLines(interactions),
      ...withReason('user', interactions.user, columns, 'user'),
      ...withReason('item', interactions.item, columns, 'item'),
      ...timeLines(interactions.time, columns),
      ...fieldLines(interactions.fields, columns, 'interactions', 'Attributes of an interaction, such as its rating.'),
    ]),
  ];
  lines.push(
    '',
    '# The catalogue: side information of items. Items without a row, or without a value, count as unknown.',
  );
  if (items === undefined)
    lines.push(
      '# items:',
      '#   files: catalogue.csv',
      '#   id: item_id',
      '#   fields:',
      '#     brand: {kind: categorical}',
    );
  else
    lines.push(
      'items:',
      ...indented([
        ...sourceLines(items),
        ...withReason('id', items.id, columns, 'id', 'items'),
        ...(items.name === undefined ? [] : withReason('name', items.name, columns, 'name', 'items')),
        ...fieldLines(items.fields, columns, 'items', KINDS),
      ]),
    );
  if (users !== undefined)
    lines.push(
      '',
      '# Attributes of users.',
      'users:',
      ...indented([
        ...sourceLines(users),
        ...withReason('id', users.id, columns, 'id', 'users'),
        ...fieldLines(users.fields, columns, 'users', 'Kinds as for items.'),
      ]),
    );
  lines.push('', '# A pause that ends a session; each session becomes a sequence of its own.');
  lines.push(...(sessions === undefined ? ['# sessions: {gap: 30m}'] : entry('sessions', sessions)));
  lines.push('', ...filterLines(filters), '', ...splitLines(split));
  return `${lines.join('\n')}\n`;
}

const KINDS =
  'Kinds: categorical, multi-categorical (a list, or text with a separator), numeric (bins: 10 makes it categorical), vector.';
const WIDTH = 120;

/** A value on one line: JSON, which is YAML, with quotes and braces as people write them where nothing can be mistaken. */
function scalar(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(scalar).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([key, each]) => `${scalar(key)}: ${scalar(each)}`)
      .join(', ')}}`;
  if (typeof value !== 'string') return JSON.stringify(value);
  if (/^[A-Za-z_][\w./-]*( [\w./-]+)*$/.test(value) && !/^(null|true|false)$/i.test(value)) return value;
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u00a0\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A key with its value, the keys or entries of the value on lines of their own; nothing where there is no value. */
function entry(key: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.length > 0) return [`${key}:`, ...value.map((each) => `  - ${scalar(each)}`)];
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return [`${key}: ${scalar(value)}`];
  return [
    `${key}:`,
    ...Object.entries(value).flatMap(([name, each]) =>
      indented(each === undefined ? [] : [`${scalar(name)}: ${scalar(each)}`]),
    ),
  ];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

/** One line of comment, whatever the text: a line end in it would be YAML. */
function comment(text: string): string {
  const flat = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return `# ${flat.length > WIDTH * 2 ? `${flat.slice(0, WIDTH * 2 - 1)}…` : flat}`;
}

function sourceLines({
  files,
  format,
  delimiter,
  quote,
  header,
  encoding,
  missing,
  table,
  connection,
}: SourceSpec): string[] {
  return Object.entries({ files, format, delimiter, quote, header, encoding, missing, table, connection }).flatMap(
    ([key, value]) => (value === undefined ? [] : key === 'files' ? entry(key, value) : [`${key}: ${scalar(value)}`]),
  );
}

function reasonOf(found: ColumnFinding): string {
  const examples = found.examples.length === 0 ? '' : `, e.g. ${found.examples.join(' | ')}`;
  return `${found.why}${examples}`;
}

function withReason(
  key: string,
  value: unknown,
  columns: readonly ColumnFinding[],
  role: ColumnFinding['role'],
  source: ColumnFinding['source'] = 'interactions',
): string[] {
  const found = columns.find((each) => each.role === role && each.source === source);
  return [...(found === undefined ? [] : [comment(reasonOf(found))]), `${key}: ${scalar(value)}`];
}

function timeLines(time: Description['interactions']['time'], columns: readonly ColumnFinding[]): string[] {
  const forms =
    '# unit: s, ms, us, ns, auto (by size) or order; format: strptime, e.g. "%d.%m.%Y %H:%M"; zone: of times that name none, e.g. Europe/Berlin';
  if (time === undefined)
    return ['# No times: the order of the files counts.', forms, '# time: {column: timestamp, unit: s}'];
  return [forms, ...withReason('time', time, columns, 'time')];
}

function fieldLines(
  fields: Readonly<Record<string, FieldSpec>> | undefined,
  columns: readonly ColumnFinding[],
  source: ColumnFinding['source'],
  about: string,
): string[] {
  const own = columns.filter((column) => column.source === source);
  const unused = own.filter(({ role }) => role === 'unused');
  const names = Object.entries(fields ?? {});
  return [
    ...(fields === undefined ? [] : [comment(about), names.length === 0 ? 'fields: {}' : 'fields:']),
    ...indented(
      names.flatMap(([name, field]) => {
        const column = field.column ?? name;
        const found = own.find((each) => each.column === column && each.role === 'field');
        return [...(found === undefined ? [] : [comment(reasonOf(found))]), `${scalar(name)}: ${scalar(field)}`];
      }),
    ),
    ...(unused.length === 0 ? [] : ['# Not used:']),
    ...unused.map((each) => comment(`  ${each.column}: ${each.why}`)),
  ];
}

/** Every filter, those that are not set as comments with an example. */
const FILTER_EXAMPLES: { readonly [F in keyof Required<Description['filters']>]: readonly [string, string] } = {
  interactions: ['rating >= 4', 'SQL over user, item, time and the fields of interactions'],
  items: ['brand IS NOT NULL', 'SQL over id, name and the fields of items'],
  users: ["id NOT LIKE 'test%'", 'SQL over id and the fields of users'],
  timeFrom: ['2019-01-01', 'earliest time that is kept'],
  timeTo: ['2019-12-31', 'latest time that is kept'],
  duplicates: ['keep', 'keep all; exact: drop repeats of user, item, time; first, last: one of each user and item'],
  userMin: ['5', 'fewest interactions of a user, repeated with itemMin until both hold (k-core)'],
  userMax: ['1000', 'most interactions of a user, e.g. against robots'],
  itemMin: ['5', 'fewest interactions of an item'],
  itemMax: ['100000', 'most interactions of an item'],
};

function filterLines(filters: Description['filters']): string[] {
  const values = new Map(Object.entries(filters));
  return [
    '# What is kept, in this order: conditions, times, duplicates, counts.',
    'filters:',
    ...Object.entries(FILTER_EXAMPLES).map(([key, [example, meaning]]) => {
      const value: unknown = values.get(key);
      return value === undefined ? `  # ${key}: ${example} # ${meaning}` : `  ${key}: ${scalar(value)} # ${meaning}`;
    }),
  ];
}

const SPLITS: { readonly [M in SplitSpec['method']]: readonly [string, string] } = {
  'leave-one-out': [
    '{method: leave-one-out}',
    "each user's last interaction is the test, the one before validation; what others did later is in training",
  ],
  'last-n': ['{method: last-n, valid: 1, test: 3}', 'the last ones of each user'],
  ratio: ['{method: ratio, valid: 0.1, test: 0.1}', 'the last share of each user'],
  'global-time': [
    '{method: global-time, valid: 0.1, test: 0.1}',
    'the last share of all, or from a moment on (2019-06-01): nothing of the future is in training',
  ],
  'user-hold-out': ['{method: user-hold-out, valid: 0.1, test: 0.1, seed: 1}', 'users that training never sees'],
  'cold-items': ['{method: cold-items, valid: 0.1, test: 0.1, seed: 1}', 'items that training never sees'],
};

function splitLines(split: SplitSpec): string[] {
  return [
    '# How it is divided into training, validation and test.',
    ...Object.entries(SPLITS).map(([method, [example, meaning]]) =>
      method === split.method ? `split: ${scalar(split)} # ${meaning}` : `# split: ${example} # ${meaning}`,
    ),
  ];
}
