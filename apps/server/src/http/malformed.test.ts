// Requests that are wrong in every way that the server's own description knows: each is answered with a status of its mistake, none with 5xx.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askedServer, type Asked, type AskedServer } from '../ask.test.support.js';
import { versionsFolder } from '../runs.test.support.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly minItems?: number;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly body: Schema | undefined;
  readonly query: readonly { readonly name: string; readonly schema: Schema }[];
}

interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
            readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
          }
        >
      >
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

let folder = '';
let server: AskedServer;
let document: Document;
beforeAll(async () => {
  folder = await versionsFolder();
  const config = { models: { threads: 1 }, limits: { body: 20_000, history: 50, batch: 5, events: 20, ids: 50 } };
  server = await askedServer({ models: join(folder, 'a'), config });
  document = JSON.parse(JSON.stringify((await server.ask('GET', '/openapi.json')).body));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const operations = (): Operation[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { parameters = [], requestBody }]) => {
      const query = parameters.filter((each) => each.in === 'query');
      const body = requestBody?.content['application/json'].schema;
      return body === undefined && query.length === 0 ? [] : [{ method: method.toUpperCase(), path, body, query }];
    }),
  );

const resolved = (schema: Schema): Schema => {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : resolved(document.components.schemas[name] ?? {});
};

/** Kinds of JSON that a schema allows. */
const kindsOf = (schema: Schema): Set<string> => {
  const { type, anyOf, properties } = resolved(schema);
  if (anyOf !== undefined) return new Set(anyOf.flatMap((each) => [...kindsOf(each)]));
  if (type === undefined) return new Set(properties === undefined ? Object.keys(OTHERS) : ['object']);
  return new Set([type].flat().map((each) => (each === 'integer' ? 'number' : each)));
};

/** A value of each kind that no schema of ours allows by its contents. */
const OTHERS: Readonly<Record<string, unknown>> = {
  string: '\u0000',
  number: -1e300,
  boolean: true,
  null: null,
  array: [[[]]],
  object: { 'no such key': { deep: [] } },
};

/** A value that the schema allows, as good as it can be said. */
const valid = (schema: Schema): unknown => {
  const { type, anyOf, properties, required = [], items, minimum, minItems = 0 } = resolved(schema);
  if (anyOf !== undefined) return valid(anyOf[0] ?? {});
  if (properties !== undefined || type === 'object')
    return Object.fromEntries(required.map((key) => [key, valid(properties?.[key] ?? {})]));
  if (type === 'array') return Array.from({ length: minItems }, () => valid(items ?? {}));
  if (type === 'integer' || type === 'number') return minimum ?? 1;
  return type === 'boolean' ? true : 'a-1';
};

/** What is wrong with a value that this gives: it is of another kind, too large, lacks something or has something that nobody knows. */
const wrong = (schema: Schema): fc.Arbitrary<unknown> => {
  const {
    properties,
    required = [],
    additionalProperties,
    items,
    minimum,
    maximum,
    minItems,
    maxItems,
    anyOf,
  } = resolved(schema);
  const kinds = kindsOf(schema);
  const others = Object.entries(OTHERS).flatMap(([kind, value]) => (kinds.has(kind) ? [] : [value]));
  const good = (): Readonly<Record<string, unknown>> => ({ ...(valid(schema) as object) }); // of an object's schema
  const ways: fc.Arbitrary<unknown>[] = others.length === 0 ? [] : [fc.constantFrom(...others)];
  if (properties !== undefined && anyOf === undefined) {
    for (const [key, child] of Object.entries(properties))
      ways.push(wrong(child).map((value) => ({ ...good(), [key]: value })));
    for (const key of required)
      ways.push(fc.constant(Object.fromEntries(Object.entries(good()).filter(([own]) => own !== key))));
    if (additionalProperties === false)
      ways.push(fc.string({ minLength: 1 }).map((key) => ({ ...good(), [`?${key}`]: 1 })));
  }
  if (items !== undefined) {
    if (kindsOf(items).size < 6) ways.push(wrong(items).map((value) => [value]));
    if (maxItems !== undefined && maxItems <= 50)
      ways.push(fc.constant(Array.from({ length: maxItems + 1 }, () => valid(items))));
    if (minItems !== undefined && minItems > 0) ways.push(fc.constant([]));
  }
  if (anyOf === undefined && minimum !== undefined) ways.push(fc.constant(minimum - 1));
  if (anyOf === undefined && maximum !== undefined) ways.push(fc.constant(maximum + 1), fc.constant(maximum - 0.5));
  return ways.length === 0 ? fc.constant(undefined) : fc.oneof(...ways);
};

interface Request {
  readonly method: string;
  readonly path: string;
  readonly asked: Asked;
}

const malformed = ({ method, path, body, query }: Operation): fc.Arbitrary<Request> => {
  const address = path.replace('{id}', 'a-1');
  const send = (asked: Asked): Request => ({ method, path: address, asked });
  const ways: fc.Arbitrary<Request>[] = [];
  if (body !== undefined)
    ways.push(
      wrong(body)
        .filter((value) => value !== undefined)
        .map((value) => send({ body: value })),
      wrong(body)
        .filter((value) => value !== undefined)
        .map((value) => send({ body: value })),
      fc.string({ minLength: 1 }).map((tail) => send({ raw: `${JSON.stringify(valid(body))}}${tail}` })),
      fc
        .nat(JSON.stringify(valid(body)).length - 1)
        .map((end) => send({ raw: JSON.stringify(valid(body)).slice(0, end) })),
      fc
        .constantFrom('text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonx')
        .map((type) => send({ raw: JSON.stringify(valid(body)), headers: { 'content-type': type } })),
      fc.integer({ min: 20_001, max: 40_000 }).map((size) => send({ raw: `"${'x'.repeat(size)}"` })),
    );
  for (const { name, schema } of query)
    ways.push(
      fc
        .oneof(
          fc.constantFrom('', '0', '-1', '1.5', '1e2', '101', '99999999999', ' 1', 'TRUE', '1,2', '%00', 'null'),
          fc.string({ minLength: 1 }),
        )
        .filter((value) => !(resolved(schema).type === 'boolean' ? /^(true|false)$/ : /^[1-9]\d?$|^100$/).test(value))
        .map((value) => ({
          method,
          path: `${address}?${name}=${value === '%00' ? value : encodeURIComponent(value)}`,
          asked: {},
        })),
      fc.constant({ method, path: `${address}?${name}=1&${name}=1`, asked: {} }),
      fc
        .string({ minLength: 1 })
        .map((key) => ({ method, path: `${address}?${encodeURIComponent(`?${key}`)}=1`, asked: {} })),
    );
  if (path.includes('{id}'))
    ways.push(
      fc.constantFrom('%00', 'x'.repeat(257), '%C3%28%00').map((id) => ({
        method,
        path: path.replace('{id}', id),
        asked: body === undefined ? {} : { body: valid(body) },
      })),
    );
  return fc.oneof(...ways);
};

it('300 malformed requests are refused, and the server goes on', async () => {
  const statuses = new Map<number, number>();
  const routes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.oneof(...operations().map(malformed)), async ({ method, path, asked }) => {
      const { status, body } = await server.ask(method, path, asked);
      expect(status, JSON.stringify({ method, path, asked, body })).toBeGreaterThanOrEqual(400);
      expect(status, JSON.stringify({ method, path, asked, body })).toBeLessThan(500);
      expect(body).toMatchObject({
        error: { code: expect.any(String), message: expect.any(String), cure: expect.any(String) },
      });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      routes.add(`${method} ${path.replace(/\?.*/, '').replace(/[^/]{200,}/, 'a-1')}`);
    }),
    { numRuns: 300 },
  );
  expect([...statuses.keys()].toSorted()).toEqual(expect.arrayContaining([400, 413, 415, 422]));
  expect(routes.size).toBeGreaterThanOrEqual(operations().length);
  expect((await server.post('/v1/recommend', { history: ['a-1'], k: 1 })).status).toBe(200);
});
