// A JSON Schema of the few kinds that a configuration is made of, and the check against it. Of its own because a page
// loads it: the smallest build of a validator would be a third of the package (docs/decisions/0046-publishing.md).

interface Described {
  readonly description?: string;
}

/** The part of JSON Schema (draft 2020-12) that is used here. */
export type Schema =
  | (Described & {
      readonly type: 'integer';
      readonly minimum?: number;
      readonly exclusiveMinimum?: number;
      readonly default?: number;
    })
  | (Described & {
      readonly type: 'string';
      readonly enum?: readonly string[];
      readonly pattern?: string;
      readonly default?: string;
    })
  | (Described & { readonly type: 'boolean'; readonly default?: boolean })
  | (Described & { readonly type: 'array'; readonly items: Schema; readonly default?: readonly unknown[] })
  | ObjectSchema;

/** An object of known properties alone. */
export interface ObjectSchema extends Described {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
  readonly default?: object;
}

/** A value that does not fit: where, and why in words. */
export interface SchemaProblem {
  /** Keys joined by dots; empty for the value itself. */
  readonly path: string;
  readonly reason: string;
}

/**
 * Checks a value, and fills in defaults; `undefined` counts as left out.
 *
 * @param problems Every problem is added to it; with none added, the result fits the schema.
 * @returns A copy with defaults; what does not fit is in it as it was.
 */
export function conform(schema: Schema, value: unknown, problems: SchemaProblem[], path = ''): unknown {
  const say = (reason: string): void => void problems.push({ path, reason });
  const got = value === undefined ? 'it is missing' : `got ${JSON.stringify(value) ?? String(value)}`;
  switch (schema.type) {
    case 'integer':
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) say(`must be a whole number, ${got}`);
      else if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum)
        say(`must be above ${schema.exclusiveMinimum}, ${got}`);
      else if (schema.minimum !== undefined && value < schema.minimum)
        say(`must be at least ${schema.minimum}, ${got}`);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') say(`must be true or false, ${got}`);
      return value;
    case 'string':
      if (schema.enum !== undefined) {
        if (!schema.enum.some((each) => each === value))
          say(`must be ${schema.enum.map((each) => JSON.stringify(each)).join(' or ')}, ${got}`);
      } else if (typeof value !== 'string') say(`must be a text, ${got}`);
      else if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
        say(`must match ${schema.pattern}, ${got}`);
      return value;
    case 'array':
      if (Array.isArray(value))
        return value.map((each: unknown, i) => conform(schema.items, each, problems, join(path, String(i))));
      say(`must be a list, ${got}`);
      return value;
    case 'object':
      return conformObject(schema, value, problems, path);
  }
}

function conformObject(schema: ObjectSchema, value: unknown, problems: SchemaProblem[], path: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push({
      path,
      reason: `must be an object, ${value === undefined ? 'it is missing' : `got ${String(value)}`}`,
    });
    return value;
  }
  const entries: [string, unknown][] = [];
  for (const [key, property] of Object.entries(schema.properties)) {
    const given: unknown = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
    if (given !== undefined || schema.required.includes(key))
      entries.push([key, conform(property, given, problems, join(path, key))]);
    else if (property.default !== undefined) entries.push([key, property.default]);
  }
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(schema.properties, key));
  if (unknown.length > 0) {
    const names = unknown.map((key) => JSON.stringify(key)).join(', ');
    problems.push({ path, reason: `unknown ${names}; known are ${Object.keys(schema.properties).join(', ')}` });
  }
  return Object.fromEntries(entries);
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
