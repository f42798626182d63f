// For tests: the rows of the guide's table of keys, made from the schema.
import { z } from 'zod';
import { allowed, type SchemaNode } from '@difsr/errors';
import { configSchema } from './schema.js';

interface Described extends SchemaNode {
  readonly properties?: Readonly<Record<string, Described>>;
}

/** A row per key: what it means, what it may be, and its default. */
export function configurationRows(): string[] {
  const schema = JSON.parse(JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' }))) as Described; // of zod
  return rowsOf(schema, '');
}

function rowsOf({ properties = {} }: Described, before: string): string[] {
  return Object.entries(properties).flatMap(([key, child]) => {
    const path = `${before}${key}`;
    if (child.properties !== undefined) return rowsOf(child, `${path}.`);
    const standard = child.default === undefined ? '' : `\`${JSON.stringify(child.default).replaceAll('"', '')}\``;
    return [
      `| \`${path}\` | ${child.description ?? ''} | ${path === 'store' ? 'below' : allowed(child)} | ${standard} |`,
    ];
  });
}
