// docs/guide/attention-config.md from the JSON schema that @difsr/attention publishes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';

/** The page, from the repository's root. */
export const ATTENTION_CONFIG = 'docs/guide/attention-config.md';

/**
 * @typedef {object} Schema The parts of JSON Schema that ours uses.
 * @property {string} [description]
 * @property {unknown} [default]
 * @property {string} [type]
 * @property {readonly string[]} [enum]
 * @property {number} [minimum]
 * @property {number} [exclusiveMinimum]
 * @property {Schema} [items]
 * @property {Record<string, Schema>} [properties]
 * @property {readonly string[]} [required]
 */

/** What a value may be, in words. @param {Schema} schema @returns {string} */
function allowed(schema) {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`"${value}"\``).join(', ');
  const least = schema.minimum ?? (schema.exclusiveMinimum === undefined ? undefined : schema.exclusiveMinimum + 1);
  switch (schema.type) {
    case 'integer':
      return least === undefined ? 'a whole number' : `a whole number of at least ${least}`;
    case 'boolean':
      return '`true`, `false`';
    case 'array':
      return `a list of \`{ ${Object.keys(schema.items?.properties ?? {}).join(', ')} }\``;
    case 'string':
      return 'text';
    default:
      throw new Error(`no words for ${JSON.stringify(schema)}: teach scripts/docs/attention-config.mjs`);
  }
}

/** A row per option, those of list entries after their list. @param {Schema} schema @param {string} prefix @returns {string[]} */
const rows = ({ properties = {}, required = [] }, prefix = '') =>
  Object.entries(properties).flatMap(([name, option]) => {
    const standard =
      option.default === undefined
        ? required.includes(name)
          ? '**required**'
          : ''
        : `\`${JSON.stringify(option.default)}\``;
    return [
      `| \`${prefix}${name}\` | ${option.description ?? ''} | ${allowed(option)} | ${standard} |`,
      ...(option.items === undefined ? [] : rows(option.items, `${prefix}${name}[].`)),
    ];
  });

/** The page's Markdown. */
export function attentionConfigPage() {
  /** @type {Schema} */
  const schema = JSON.parse(readFileSync(join(ROOT, 'packages', 'attention', 'config.schema.json'), 'utf8'));
  return `# Attention configuration

<!-- Made by "npm run docs" from packages/attention/config.schema.json; a test fails when it is out of date. -->

What \`createDifAttention\` and \`difAttentionToOnnx\` of [@difsr/attention](../../packages/attention/README.md) take: a plain JSON
object. The schema is published as \`@difsr/attention/config.schema.json\`, so that editors complete and check it. Unknown names
and values that are not allowed are errors that list every problem at once.

\`\`\`json
{
  "width": 64,
  "heads": 2,
  "maxLength": 50,
  "sides": [{ "name": "genre", "width": 16 }],
  "position": 64,
  "fusion": "sum",
  "backend": "onnxruntime",
  "device": "cpu"
}
\`\`\`

| option | meaning | allowed | default |
|---|---|---|---|
${rows(schema).join('\n')}

The backend and the device are explained in [Choosing a backend and device](backends.md), the fusions and their forms in
[How DIF attention works](how-it-works.md). The options of \`difsr train\` are another set: see the
[training configuration](../configuration.md).
`;
}
