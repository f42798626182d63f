// Writes config.schema.json, the JSON Schema of a DIF attention's configuration, from the schema that checks it.
//   pnpm --filter @difsr/attention schema          (a test says when the file is out of date)
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { difAttentionConfigSchema } from '../dist/kernel/config.js';

export const schemaFile = fileURLToPath(new URL('../config.schema.json', import.meta.url));

/** The text of the file. */
export function schemaText() {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://unpkg.com/@difsr/attention/config.schema.json',
    title: 'Configuration of a DIF attention',
    ...difAttentionConfigSchema,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(schemaFile, schemaText());
