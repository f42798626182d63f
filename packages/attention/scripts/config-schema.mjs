// Writes config.schema.json, the JSON Schema of a DIF attention's configuration, from the schema that checks it.
//   pnpm --filter @difsr/attention schema          (a test says when the file is out of date)
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { difAttentionConfigSchema } from '../dist/kernel/config.js';

export const schemaFile = fileURLToPath(new URL('../config.schema.json', import.meta.url));

/** The text of the file. */
export function schemaText() {
  const schema = {
    ...z.toJSONSchema(difAttentionConfigSchema, { io: 'input' }),
    $id: 'https://unpkg.com/@difsr/attention/config.schema.json',
    title: 'Configuration of a DIF attention',
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(schemaFile, schemaText());
