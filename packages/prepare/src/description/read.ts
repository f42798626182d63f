// Descriptions (dataset.yaml, recipes) from text: every mistake in them is a DataError with file, line, value, what is allowed, the cure.
import { allowed, call, choicesOf, keysOf, nearestName, placeholder, type SchemaNode, text } from '@difsr/errors';
import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, type ParsedNode } from 'yaml';
import type { z } from 'zod';
import { DataError } from '@difsr/data';
import { ProblemList } from '@difsr/data/internal';
import { readText } from '../files.js';
import { descriptionSchema } from './schema.js';
import type { Description } from './types.js';
import { childOf, nodesAt, schemaTree } from './words.js';

/**
 * Reads a description from a YAML file. Its files are relative to the folder it lies in.
 *
 * @throws DataError if the file is missing, is not YAML, or holds keys or values that are not allowed (all of them together)
 * @example
 * const description = await readDescription('data/shop.yaml');
 * await prepareDataset(description, { out: 'data/shop', base: 'data' });
 */
export async function readDescription(file: string): Promise<Description> {
  return parseDescription(await readText(file), file);
}

/**
 * Parses the text of a description; `file` is what errors name.
 *
 * @throws DataError for every mistake, with its line
 * @example
 * parseDescription('name: shop\ninteractions: {files: clicks.csv, user: user, item: item}', 'shop.yaml');
 */
export function parseDescription(text: string, file: string): Description {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new DataError(
      document.errors.map((error) => {
        const [reason = ''] = error.message.split('\n');
        const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 };
        const message = `is not YAML: ${reason.replace(/ at line \d+, column \d+:?$/, '')}`;
        return { file, line, column: col, message, cure: YAML_CURE };
      }),
    );
  }
  const lineOf = (path: readonly PropertyKey[]): number => {
    const offset = offsetOf(document.contents, path);
    return offset === undefined ? 1 : lines.linePos(offset).line;
  };
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    const message = `is not YAML that can be used: ${error instanceof Error ? error.message : String(error)}`;
    throw new DataError([{ file, message, cure: YAML_CURE }]);
  }
  return checkDescription(value, file, lineOf);
}

const YAML_CURE = 'correct the YAML: keys and values as "key: value", deeper keys indented by two spaces';

/**
 * Checks a description made by a program, and fills in its defaults.
 *
 * @param where what errors name as the file
 * @param lineOf the line on which a path is written, where there are lines
 * @throws DataError for every key and value that is not allowed
 * @example
 * checkDescription({ name: 'shop', interactions: { files: 'clicks.csv', user: 'user', item: 'item' } }, 'shop');
 */
export function checkDescription(
  value: unknown,
  where: string,
  lineOf: (path: readonly PropertyKey[]) => number | undefined = () => undefined,
): Description {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const shown = value === null || value === undefined ? undefined : JSON.stringify(value);
    const message = `${shown === undefined ? 'is empty' : 'is not a description'}: a description is made of keys and values`;
    throw new DataError([{ file: where, line: lineOf([]), value: shown, message, cure: EXAMPLE_CURE }]);
  }
  const result = descriptionSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = new ProblemList();
  tree ??= schemaTree(descriptionSchema);
  addIssues(problems, result.error.issues, [], { root: tree, value, where, lineOf });
  problems.throwIfAny();
  return descriptionSchema.parse(value);
}

const EXAMPLE_CURE = text`begin with "name: shop" and "interactions: {files: clicks.csv, user: user_id, item: item_id}"; ${call('prepare', [placeholder('FILE')])} writes one`;

/** Made on first use: most descriptions have no mistake. */
let tree: SchemaNode | undefined;

interface Context {
  readonly root: SchemaNode;
  readonly value: unknown;
  readonly where: string;
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

type Issue = z.core.$ZodIssue;

function addIssues(
  problems: ProblemList,
  issues: readonly Issue[],
  prefix: readonly PropertyKey[],
  context: Context,
): void {
  // A misspelt key first: it is why another is missing.
  const unknownFirst = issues.toSorted(
    (a, b) => Number(b.code === 'unrecognized_keys') - Number(a.code === 'unrecognized_keys'),
  );
  for (const issue of unknownFirst) {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) addUnknown(problems, path, key, context);
      continue;
    }
    const meant =
      issue.code === 'invalid_union' ? meantAlternative(issue.errors, valueAt(context.value, path)) : undefined;
    if (meant === undefined) addInvalid(problems, path, issue, context);
    else addIssues(problems, meant, path, context);
  }
}

/** Of the alternatives of an object the one that was meant: that with the fewest mistakes; none where the value is no object. */
function meantAlternative(errors: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | undefined {
  if (typeof value !== 'object' || value === null || errors.length === 0) return undefined;
  const scored = errors.map((issues) => ({ issues, score: Math.min(WHOLE, mistakes(issues)) }));
  const best = scored.reduce((least, other) => (other.score < least.score ? other : least));
  return best.score >= WHOLE ? undefined : best.issues;
}

/** The score of an alternative of another type altogether. */
const WHOLE = 1000;

function mistakes(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => {
    if (issue.code === 'unrecognized_keys') return sum + issue.keys.length;
    if (issue.code === 'invalid_union' && issue.path.length === 0 && issue.errors.length > 0)
      return sum + Math.min(...issue.errors.map(mistakes));
    return sum + (issue.path.length === 0 ? WHOLE : issue.code === 'invalid_type' ? 10 : 2);
  }, 0);
}

function addUnknown(problems: ProblemList, path: readonly PropertyKey[], key: string, context: Context): void {
  const known = [...new Set(nodesAt(context.root, path, context.value).flatMap(keysOf))];
  const nearest = nearestName(key, known);
  problems.add({
    file: context.where,
    line: context.lineOf([...path, key]),
    value: key,
    message: `is no key of ${path.length === 0 ? 'a description' : path.join('.')}; it has ${known.join(', ')}`,
    cure: nearest === undefined ? `remove ${key}, or write one of the keys that there are` : `did you mean ${nearest}?`,
  });
}

function addInvalid(problems: ProblemList, path: readonly PropertyKey[], issue: Issue, context: Context): void {
  const nodes = nodesAt(context.root, path, context.value);
  const value = valueAt(context.value, path);
  const dotted = path.join('.');
  const meaning = nodes.find((node) => node.description !== undefined)?.description;
  // A pattern says itself what it wants; anything else is told by the schema.
  const may = issue.code === 'invalid_format' ? issue.message : allowed(...nodes);
  const nearest = typeof value === 'string' ? nearestName(value, choicesOf(nodes)) : undefined;
  problems.add({
    file: context.where,
    line: context.lineOf(path),
    value: value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value),
    message: `${value === undefined ? `${dotted} is missing: it is` : `as ${dotted} is not`} ${may}${meaning === undefined ? '' : ` (${meaning})`}`,
    cure: nearest === undefined ? `write ${dotted} as ${may}` : `did you mean ${nearest}?`,
  });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(childOf, value);
}

/** Where the deepest key of a path that is there begins. */
function offsetOf(contents: ParsedNode | null, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = contents;
  let offset = contents?.range[0];
  for (const key of path) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
      );
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      next = pair.value;
    } else if (isSeq(node)) {
      next = node.items[Number(key)];
      offset = startOf(next) ?? offset;
    } else break;
    node = next;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) ? (node satisfies Node).range?.[0] : undefined;
}
