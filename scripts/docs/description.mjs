// docs/guide/data/description.md: the tables come from the schema of @difsr/prepare, the text around them from here.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { descriptionSchema } from '../../packages/prepare/dist/description/schema.js';
import { ROOT } from '../bootstrap.mjs';

/** The page, from the repository's root. */
export const DESCRIPTION = 'docs/guide/data/description.md';

/**
 * @typedef {object} Schema The parts of JSON Schema that ours uses.
 * @property {string} [title]
 * @property {string} [description]
 * @property {unknown} [default]
 * @property {string} [type]
 * @property {string} [format]
 * @property {string} [pattern]
 * @property {string} [const]
 * @property {readonly string[]} [enum]
 * @property {readonly Schema[]} [anyOf]
 * @property {readonly Schema[]} [oneOf]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [exclusiveMinimum]
 * @property {number} [exclusiveMaximum]
 * @property {Schema} [items]
 * @property {Record<string, Schema>} [properties]
 * @property {Schema | false} [additionalProperties]
 * @property {readonly string[]} [required]
 */

/** What a value may be, in words. @param {Schema} schema @returns {string} */
function allowed(schema) {
  if (schema.title !== undefined) return schema.title;
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.oneOf !== undefined) return '`{ method, .. }`';
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(allowed))].join(', or ');
  const { minimum, maximum = Infinity, exclusiveMinimum, exclusiveMaximum } = schema;
  switch (schema.type) {
    case 'string':
      return schema.format === 'uri' ? 'an address' : 'text';
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
      if (minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER) return 'a whole number';
      return maximum < Number.MAX_SAFE_INTEGER
        ? `a whole number from ${minimum} to ${maximum}`
        : `a whole number of at least ${minimum}`;
    case 'number':
      return exclusiveMinimum === undefined
        ? 'a number'
        : `a share between ${exclusiveMinimum} and ${exclusiveMaximum}`;
    case 'array':
      return schema.items?.type === 'object' ? `a list of ${allowed(schema.items)}` : 'a list of texts';
    case 'object':
      if (schema.properties === undefined) return 'a field by each name';
      return `\`{ ${Object.keys(schema.properties).join(', ')} }\``;
    default:
      throw new Error(`no words for ${JSON.stringify(schema)}: teach scripts/docs/description.mjs`);
  }
}

/** A row per key; a bar would end the cell. @param {Schema} schema @param {readonly string[]} [keys] those to list */
function table({ properties = {}, required = [] }, keys = Object.keys(properties)) {
  const rows = keys.map((key) => {
    const value = properties[key];
    if (value === undefined) throw new Error(`the schema has no key ${key}`);
    const meaning = [
      ...(required.includes(key) ? ['**required**'] : []),
      ...(value.description ? [value.description] : []),
    ];
    const standard =
      value.default === undefined || typeof value.default === 'object'
        ? ''
        : ` (default: \`${JSON.stringify(value.default).replaceAll('"', '')}\`)`;
    return `| \`${key}\` | ${(meaning.join('; ') + standard).replaceAll('|', '\\|')} | ${allowed(value).replaceAll('|', '\\|')} |`;
  });
  return ['| key | meaning | allowed |', '|---|---|---|', ...rows].join('\n');
}

/** @param {Schema | undefined} schema @param {string} what @returns {Schema} */
function found(schema, what) {
  if (schema === undefined) throw new Error(`the schema has no ${what}: teach scripts/docs/description.mjs`);
  return schema;
}

/** The page's Markdown. */
export async function descriptionPage() {
  // zod is a dependency of @difsr/prepare alone.
  const { z } = await import(createRequire(join(ROOT, 'packages', 'prepare', 'package.json')).resolve('zod'));
  /** @type {Schema} */
  const schema = z.toJSONSchema(descriptionSchema, { io: 'input' });
  const top = schema.properties ?? {};
  const part = (/** @type {string} */ name) => found(top[name], name);
  const interactions = part('interactions');
  const own = new Set(['user', 'item', 'time', 'fields']);
  const source = Object.keys(interactions.properties ?? {}).filter((key) => !own.has(key));
  const fields = found(interactions.properties?.['fields'], 'interactions.fields');
  const field = found(fields.additionalProperties || undefined, 'field');
  const time = found(interactions.properties?.['time']?.anyOf?.at(-1), 'interactions.time');
  const methods = (part('split').oneOf ?? []).map(({ properties = {} }) => {
    const { method, ...sizes } = properties;
    const keys = Object.entries(sizes).map(
      ([key, value]) =>
        `\`${key}\`: ${value.description ?? allowed(value)}${value.default === undefined ? '' : ` (default: ${value.default})`}`,
    );
    return `| ${allowed(found(method, 'method'))} | ${keys.join('<br>')} |`;
  });
  return `# The description: dataset.yaml

<!-- Made by "npm run docs" from packages/prepare/src/description/schema.ts and scripts/docs/description.mjs; a test fails when it is out of date. -->

A description says where a data set comes from and what is to become of it. \`difsr data prepare FILES\` writes one, with a comment
for every choice; edit it and run it again with \`difsr data prepare data/shop.yaml\`. An unknown key, a wrong type, a misspelt name: each is an
error with its line. One that uses most of it:

\`\`\`yaml
name: shop

interactions:
  files: logs/*.csv.gz # a path, a pattern, or a list of them
  delimiter: ';'
  user: customer
  item: { sql: "upper(sku)" } # any DuckDB expression over the columns
  time: { column: bought, format: '%d.%m.%Y %H:%M', zone: Europe/Berlin }
  fields: # of an interaction (behaviour-related)
    rating: { kind: numeric, bins: 5 }

items:
  files: catalogue.jsonl
  id: sku
  name: title
  fields: # side information
    brand: { kind: categorical, html: decode }
    tags: { kind: multi-categorical, separator: '|', drop: [new], minItems: 5 }
    price: { kind: numeric, bins: 10 }

users:
  files: customers.parquet
  id: customer
  fields:
    country: { kind: categorical }

filters:
  interactions: rating >= 3 # SQL, too
  timeFrom: 2023-01-01
  duplicates: first
  userMin: 5
  itemMin: 5

split: { method: global-time, valid: 0.1, test: 0.1 }
\`\`\`

## All keys

${table(schema)}

Paths start from the folder of the description.

## A source: \`interactions\`, \`items\`, \`users\`

Each of the three has these keys:

${table(interactions, source)}

### \`interactions\`

${table(interactions, [...own])}

Where \`time\` is left out, the order of the files is that of time. With keys of its own:

${table(time)}

\`auto\` reads each number by its own size: seconds, milliseconds, microseconds and nanoseconds of the years 1973 to 2103 never overlap. Numbers that have no
such size are an \`order\`: they only count, and durations (\`sessions.gap\`) and dates (\`timeFrom\`) mean nothing there. A unit that is stated holds for the whole
column: numbers of another size are set aside. Interactions of the same moment keep the order of file and row.

### \`items\`

${table(part('items'), ['id', 'name', 'fields'])}

### \`users\`

${table(part('users'), ['id', 'fields'])}

The first row of an item or user counts; later ones are counted and said. An item without a row, or without a value, is unknown in that field.

## A field

${table(field)}

Which fields a model uses is said when training: \`--set model.fields=brand,tags\`.

## \`filters\`

In this order: conditions, times, duplicates, sessions, counts. \`dataset.json\` has how many rows each took.

${table(part('filters'))}

## \`sessions\`

${table(part('sessions'))}

## \`split\`

Explained in [Splits](splits.md). Without it: \`{ method: leave-one-out }\`.

| method | keys |
|---|---|
${methods.join('\n')}

## \`about\`, \`pull\` and \`manual\`

For recipes of public data sets: what \`difsr data pull\` shows and downloads.

${table(part('about'))}

Each entry of \`pull\`:

${table(found(part('pull').items, 'pull[]'))}
`;
}
