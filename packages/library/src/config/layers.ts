// Where configuration comes from: layers of values, each of which knows for every key where it was written.
import { setting, text as said } from '@difsr/errors';
import { readFile } from 'node:fs/promises';
import {
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parse,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import { UsageError } from '../errors.js';
import { loadNames } from '../file-names.js';

/** Nested plain values, as YAML has them. */
export interface Tree {
  readonly [key: string]: unknown;
}

/** Values and where they were written: `origins` maps dotted paths to a place such as `run.yaml, line 3`. */
export interface Layer {
  readonly values: Tree;
  readonly origins: ReadonlyMap<string, string>;
  /** Whether the places are lines of a file, which do not name their key. */
  readonly isFile?: boolean;
}

/** One option of the command line that sets a configuration key. */
export interface Assignment {
  /** Dotted path of the key. */
  readonly path: string;
  readonly value: unknown;
  /** As typed, e.g. `--epochs ten`. */
  readonly shown: string;
  /** Of `--set`: what was typed after the equals sign. */
  readonly text?: string;
}

/** Whether a value is a plain object: one of a class, such as a Date, is a value by itself. */
export function isTree(value: unknown): value is Tree {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A layer of options of the command line; later ones win. */
export function assignmentLayer(assignments: readonly Assignment[]): Layer {
  const values = assignments.reduce<Tree>(
    (tree, { path, value }) => mergeTrees(tree, nested(path.split('.'), value)),
    {},
  );
  return { values, origins: new Map(assignments.map(({ path, shown }) => [path, shown])) };
}

/** A value at a path, in trees. */
export function nested([key = '', ...rest]: readonly string[], value: unknown): Tree {
  return { [key]: rest.length === 0 ? value : nested(rest, value) };
}

/** Joins two trees, the second wins; lists and alternatives (objects of another `kind`) are replaced as a whole. */
export function mergeTrees(below: Tree, above: Tree): Tree {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = merged[key];
    const otherKind = isTree(old) && isTree(value) && 'kind' in value && value['kind'] !== old['kind'];
    merged[key] = isTree(old) && isTree(value) && !otherKind ? mergeTrees(old, value) : value;
  }
  return merged;
}

/** The origin of the most specific key on the way to a path. */
export function originOf(layers: readonly Layer[], path: readonly PropertyKey[]): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const key = path.slice(0, length).join('.');
    // Layers above win over layers below.
    const found = layers.findLast(({ origins }) => origins.has(key))?.origins.get(key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Parses `key=value`; the value is read as YAML, so `5`, `true`, `[a, b]` and `{kind: cosine}` mean what they look like. */
export function parseSetting(text: string, shown: string = text): Assignment {
  const at = text.indexOf('=');
  const path = text.slice(0, at).trim();
  if (at < 1 || !/^[\w-]+(\.[\w-]+)*$/.test(path)) {
    throw new UsageError({
      where: shown,
      what: 'is not of the form key=value',
      cure: said`write for example ${setting('training.learningRate', 0.0005)}`,
    });
  }
  const typed = text.slice(at + 1);
  return { path, value: parseValue(typed, shown), shown, text: typed };
}

function parseValue(text: string, shown: string): unknown {
  try {
    const value: unknown = parse(text);
    return value;
  } catch (error) {
    // `"price, net",brand` is a list without its brackets.
    const list = /^\s*["'].*,/.test(text) ? parsedOrUndefined(`[${text}]`) : undefined;
    if (list !== undefined) return list;
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new UsageError({
      where: shown,
      what: `the value is not YAML (${reason})`,
      cure: 'quote it, e.g. \'data.path="a: b"\'',
    });
  }
}

function parsedOrUndefined(text: string): unknown {
  try {
    return parse(text) as unknown; // of YAML: anything
  } catch {
    return undefined;
  }
}

/**
 * Reads a configuration file.
 *
 * @throws UsageError where the file is missing, is not YAML, or holds something other than keys and values.
 */
export async function readConfigFile(file: string): Promise<Layer> {
  const text = await readFile(file, 'utf8').catch(async (error: unknown) => {
    throw await loadNames(file, error);
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line, col } = problem.linePos?.[0] ?? { line: 1, col: 1 };
    const [reason = ''] = problem.message.split('\n');
    throw new UsageError(
      `${file}, line ${line}, column ${col}: ${reason.replace(/ at line \d+, column \d+:?$/, '')}`,
      'correct the YAML; docs/configuration.md has an example',
    );
  }
  const values: unknown = document.toJS();
  if (values === null) return { values: {}, origins: new Map() };
  if (!isTree(values))
    throw new UsageError(
      `${file}, line 1: a configuration is made of keys and values, got ${JSON.stringify(values).slice(0, 60)}`,
      'write for example "training: {epochs: 30}"',
    );
  return { values, origins: originsIn(document, file, lines), isFile: true };
}

/** The line of every key. */
function originsIn(document: Document.Parsed, file: string, lines: LineCounter): Map<string, string> {
  const origins = new Map<string, string>();
  visit(document, {
    Pair: (_, pair, ancestors) => {
      const keys = [...ancestors.filter((node): node is Pair => isPair(node)), pair].map(keyOf);
      const offset = rangeStart(pair.key);
      if (offset !== undefined) origins.set(keys.join('.'), `${file}, line ${lines.linePos(offset).line}`);
    },
  });
  if (isMap(document.contents)) origins.set('', file);
  return origins;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function rangeStart(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) ? (node satisfies Node).range?.[0] : undefined;
}
